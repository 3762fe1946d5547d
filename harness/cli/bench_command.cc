// moebench bench: a quick table of speeds in llama-bench's flags, names and formats.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <thread>

#include "harness/base/files.h"
#include "harness/cli/bench_output.h"
#include "harness/cli/bench_run.h"
#include "harness/cli/bench_values.h"
#include "harness/cli/commands.h"
#include "harness/cli/option_checks.h"
#include "harness/cli/options.h"
#include "harness/cli/signals.h"
#include "harness/cli/sweep_environment.h"
#include "harness/cli/terminal.h"
#include "harness/machine/bandwidth.h"
#include "harness/machine/fingerprint.h"
#include "harness/machine/placement_plan.h"
#include "harness/machine/quiet.h"
#include "harness/machine/topology.h"
#include "results/report_escape.h"

namespace moebench {
namespace {

constexpr int kMostTokens = 1 << 24;
constexpr uint64_t kMostTextBytes = 64 << 20;

struct Options {
  std::vector<std::string> models, prompts, generations, pairs, depths, batches, micro_batches;
  std::vector<std::string> experts, threads, placements, key_types, value_types;
  std::string output = "md", output_err, text_file;
  std::vector<std::vector<std::string>> inert;  // values of kInertFlags, in their order
  bool no_warm_up = false, progress = false;
  BenchSpec spec;  // the plain values
};

// llama-bench's flags that say nothing here: taken as long as they ask for what is done anyway.
struct InertFlag {
  const char* names;
  std::vector<std::string> harmless;  // values; any value if empty
  const char* refusal;
};

const std::vector<InertFlag>& InertFlags() {
  static const std::vector<InertFlag> flags = {
      {"--ngl,--n-gpu-layers", {"0", "-1"}, "moebench runs on CPUs only"},
      {"--ncmoe,--n-cpu-moe", {"0"}, "all experts are on the CPU"},
      {"--sm,--split-mode", {"none", "layer"}, "there are no GPUs to split over"},
      {"--mg,--main-gpu", {"0"}, "there are no GPUs"},
      {"--nkvo,--no-kv-offload", {"0", "1"}, ""},
      {"--fa,--flash-attn", {"1", "on", "auto", "-1"}, "attention is always computed online"},
      {"--dev,--device", {"none", "auto"}, "there are no devices but the CPU"},
      {"--ts,--tensor-split", {"0"}, "there are no GPUs to split over"},
      {"--ot,--override-tensor", {"none"}, "tensors can't be placed one by one"},
      {"--nopo,--no-op-offload", {"0", "1"}, ""},
      {"--no-host", {"0", "1"}, ""},
      {"--embd,--embeddings", {"0"}, "moebench measures generation only"},
      {"--lm,--load-mode", {"none", "mmap", "auto"}, "weights are packed at load, always"},
      {"--mmp,--mmap", {"0", "1"}, ""},
      {"--dio,--direct-io", {"0"}, "weights are read through the page cache"},
      {"-C,--cpu-mask", {"0x0", "0"}, "threads are pinned to cores by --placement and -t"},
      {"--cpu-strict", {"0", "1"}, ""},
      {"--poll", {}, ""},
      {"--prio", {"0"}, "run it under chrt or nice instead"},
      {"--numa", {"distribute"}, "memory and threads go where --placement says"},
      {"--fitt,--fit-target", {"0", "off"}, "there is no device memory to fit"},
      {"--fitc,--fit-ctx", {}, ""},
      {"--rtr,--run-time-repack", {"0", "1"}, ""},
      {"--fmoe,--fused-moe", {"0", "1"}, ""},
      {"--rpc", {}, "there is no remote backend"},
      {"--hf,--hfr,--hf-repo", {}, "moebench downloads nothing; give a file with -m"}};
  return flags;
}

std::string LongName(const InertFlag& flag) {
  const std::string names = flag.names;
  return names.substr(names.rfind("--"));
}

void CheckInert(const Options& options) {
  for (size_t i = 0; i < options.inert.size(); ++i) {
    const InertFlag& flag = InertFlags()[i];
    for (const std::string& value : WordsOf(options.inert[i])) {
      const bool any = flag.harmless.empty() && *flag.refusal == '\0';
      const auto& harmless = flag.harmless;
      if (any || std::find(harmless.begin(), harmless.end(), value) != harmless.end()) continue;
      throw Error{fmt::format("{} is not possible: {}", value, flag.refusal), LongName(flag), "",
                  ExitCode::kUsage};
    }
  }
}

BenchSpec SpecOf(const Options& options, const Topology& topology) {
  BenchSpec spec = options.spec;
  spec.models = options.models;
  const auto counts = [](const std::vector<std::string>& values, const char* option, int lowest,
                         int highest, int otherwise) {
    std::vector<int> list = CountsOf(values, option, lowest, highest);
    return list.empty() ? std::vector<int>{otherwise} : list;
  };
  // As in llama-bench, -pg alone adds to the two default tests.
  spec.prompts = counts(options.prompts, "-p", 0, kMostTokens, 512);
  spec.generations = counts(options.generations, "-n", 0, kMostTokens, 128);
  spec.pairs = PairsOf(options.pairs, "-pg", 0, kMostTokens);
  spec.depths = counts(options.depths, "-d", 0, kMostTokens, 0);
  spec.batches = counts(options.batches, "-b", 1, kMostTokens, 2048);
  spec.micro_batches = counts(options.micro_batches, "-ub", 1, kMostTokens, 512);
  spec.experts = counts(options.experts, "--experts", 1, 4096, 0);
  spec.threads = counts(options.threads, "-t", 1, 4096, 0);
  for (const std::string& word : WordsOf(options.placements)) {
    spec.placements.push_back(PlacementList(word, "--placement").front());
  }
  const std::vector<std::string> keys = WordsOf(options.key_types);
  const std::vector<std::string> values = WordsOf(options.value_types);
  if (!keys.empty() && !values.empty() && keys != values) {
    throw Error{"keys and values are kept in one type", "-ctv", "name the same as for -ctk",
                ExitCode::kUsage};
  }
  if (!keys.empty() || !values.empty()) spec.cache_types.clear();
  for (const std::string& word : keys.empty() ? values : keys) {
    const std::string name = NameList(word, "-ctk", KvTypeNames(), "type of the KV cache").front();
    spec.cache_types.push_back(KvTypeOf(name));
  }
  std::vector<std::string> proposed = AutoPolicies(topology);
  if (spec.placements.empty()) spec.placements = {proposed.front()};
  std::erase(proposed, "replicate");  // of several copies at once; this command runs one
  spec.placements = ExpandAuto(spec.placements, proposed);
  spec.warm_up = !options.no_warm_up;
  const std::string file =
      options.text_file.empty() ? BundledSuite() + "/text.txt" : options.text_file;
  spec.text = ReadFile(file, kMostTextBytes);
  if (spec.text.empty()) throw Error{"is empty", file, "name a text", ExitCode::kUsage};
  if (TestsOf(spec).empty()) {
    throw Error{"nothing to run: -p 0, -n 0 and no -pg", "bench", "", ExitCode::kUsage};
  }
  return spec;
}

std::function<std::string()> WatchMachine(const std::vector<int>& cpus, int worker_pid) {
  const QuietSample before = TakeQuietSample("/", cpus);
  const auto start = std::chrono::steady_clock::now();
  return [=] {
    const double window_s =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const QuietReport report =
        JudgeQuiet(before, TakeQuietSample("/", cpus), window_s, static_cast<int>(cpus.size()),
                   {static_cast<int>(getpid()), worker_pid});
    return report.quiet() ? std::string() : report.reasons.front();
  };
}

void Bench(const Options& options, ExitCode& exit_code) {
  CheckInert(options);
  const BenchFormat format = BenchFormatOf(options.output, "-o");
  const Topology topology = ReadTopology(ThisMachine());
  const BenchSpec spec = SpecOf(options, topology);
  SweepSpec worker_spec;
  worker_spec.runner = spec.runner;
  worker_spec.fake_script = spec.fake_script;
  const SweepEnvironment environment =
      RealEnvironment(worker_spec, topology, [](const SweepEvent&) {});
  BenchMachine machine;
  machine.start_worker = environment.start_worker;
  machine.place = [&](const std::string& policy, int threads) {
    return PlanPlacement(topology, policy, threads);
  };
  // Measured now, not read from the cache: a share is of what these cores can do meanwhile.
  machine.measure_bandwidth = [&](const std::vector<int>& cpus) {
    ReadBandwidths bandwidths = environment.measure_bandwidth(cpus);
    const Bandwidth fresh = MeasureReadBandwidth({.cpus = cpus});
    if (fresh.memory_gbps > 0) bandwidths.memory_gbps = fresh.memory_gbps;
    if (fresh.cache_gbps > 0) bandwidths.cache_gbps = fresh.cache_gbps;
    return bandwidths;
  };
  machine.watch = [&](int pid) { return WatchMachine(topology.allowed_cpus, pid); };
  machine.cancelled = StopAsked;
  machine.wait = [](double seconds) {
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  };
  std::string last;
  machine.note = [&](const std::string& what) {
    if (options.progress && what != last) fmt::print(stderr, "{}\n", VisibleText(what));
    last = what;
  };
  machine.cpu_model = ReadMachineState("/", topology).Value("cpu.model");
  machine.node_count = environment.machine_node_count;

  BenchPrinter printer(format, spec, stdout);
  std::optional<BenchPrinter> second;
  if (!options.output_err.empty()) {
    second.emplace(BenchFormatOf(options.output_err, "-oe"), spec, stderr);
  }
  CatchSignals();
  bool all_ok = true, quiet = true;
  const bool whole = RunBench(spec, machine, [&](const BenchRow& row) {
    printer.Row(row);
    if (second) second->Row(row);
    all_ok = all_ok && row.status == "ok";
    if (!row.disturbed.empty() && quiet && format != BenchFormat::kMarkdown) {
      fmt::print(stderr, "warning: the machine was not quiet: {}\n", VisibleText(row.disturbed));
    }
    quiet = quiet && row.disturbed.empty();
  });
  printer.Finish();
  if (second) second->Finish();
  exit_code = !whole ? StopExitCode() : all_ok ? ExitCode::kOk : ExitCode::kIncomplete;
}

// One value an occurrence, so that "-p 512 -n 128" is not three values of -p.
CLI::Option* AddValues(CLI::App* command, const char* names, std::vector<std::string>& values,
                       const char* help) {
  return command->add_option(names, values, help)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

}  // namespace

void AddBenchCommand(CLI::App& app, ExitCode& exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "bench", "Speeds at a glance, in llama-bench's flags, test names and formats");
  BenchSpec& spec = options->spec;
  AddValues(command, "-m,--model", options->models, "GGUF file(s)")->required();
  AddValues(command, "-p,--n-prompt", options->prompts, "Prompt tokens, 0 = none [512]");
  AddValues(command, "-n,--n-gen", options->generations, "Generated tokens, 0 = none [128]");
  AddValues(command, "--pg", options->pairs, "-pg PP,TG: both in one time");
  AddValues(command, "-d,--n-depth", options->depths, "Tokens in the context before [0]");
  AddValues(command, "-b,--batch-size", options->batches, "Prompt tokens at a time [2048]");
  AddValues(command, "--ub,--ubatch-size", options->micro_batches,
            "-ub N: prompt tokens in one pass [512]");
  AddValues(command, "--experts", options->experts, "Experts per token, k [the model's k0]");
  AddValues(command, "-t,--threads", options->threads, "Pinned threads [one per core]");
  AddValues(command, "--ctk,--cache-type-k", options->key_types,
            "-ctk f32, f16 or q8_0: keys and values [f16]");
  AddValues(command, "--ctv,--cache-type-v", options->value_types, "-ctv: as -ctk")->group("");
  AddValues(command, "--placement", options->placements,
            "row-shard, interleave, local, ... [by topology]");
  command->add_option("-r,--repetitions", spec.repetitions, "Timed repetitions of each test")
      ->check(Between(1, 10000))
      ->capture_default_str();
  command->add_option("--delay", spec.delay_s, "Seconds of rest before each load")
      ->check(Between(0.0, 3600.0))
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "csv, json, jsonl, md or sql to stdout")
      ->capture_default_str();
  command->add_option("--oe,--output-err", options->output_err, "-oe FORMAT: the same to stderr");
  command->add_option("--text", options->text_file, "Feed this text [the bundled one]");
  command->add_option("--seed", spec.seed, "Where in the text to begin")->capture_default_str();
  command->add_flag("--no-warmup", options->no_warm_up, "No untimed run of each test before");
  command->add_flag("--progress", options->progress, "Say on stderr what is being done");
  command->add_flag("-v,--verbose", options->progress, "As --progress");
  options->inert.resize(InertFlags().size());
  for (size_t i = 0; i < InertFlags().size(); ++i) {
    AddValues(command, InertFlags()[i].names, options->inert[i], "")->group("");
  }
  // For tests of this command.
  command->add_option("--runner", spec.runner)->check(CLI::IsMember({"native", "fake"}))->group("");
  command->add_option("--fake-script", spec.fake_script)->group("");
  command->callback([options, &exit_code] { Bench(*options, exit_code); });
}

}  // namespace moebench
