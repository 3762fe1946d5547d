// moebench sweep: the options, over moebench.yaml, into a SweepSpec.

#include <CLI/CLI.hpp>
#include <filesystem>

#include "harness/cli/commands.h"
#include "harness/cli/judge_setup.h"
#include "harness/cli/option_checks.h"
#include "harness/cli/options.h"
#include "harness/cli/sweep_main.h"
#include "harness/config/kv_type.h"
#include "harness/config/scalars.h"
#include "harness/machine/placement_name.h"

namespace moebench {
namespace {

struct Options {
  std::string config, experts, decode, placement, threads, suite, database, budget, runner, script;
  std::string draft, draft_tokens, min_probability, recurrent, instances;
  std::vector<std::string> models;
  std::string interval, kv;
  int items = -1, sessions = 0, max_sessions = 0, trials = 0, max_tokens = 0, controls = -1;
  int64_t seed = -1;
  std::string judge, judge_url, judge_key_file;
  SweepMode mode;
};

// The file, if one was named or if nothing else says what to sweep.
SweepSpec SpecFromFile(const Options& options) {
  if (!options.config.empty()) return LoadSweepSpec(options.config, KnownAxisNames());
  if (!options.models.empty() || !options.runner.empty()) return {};
  if (std::filesystem::exists("moebench.yaml")) {
    return LoadSweepSpec("moebench.yaml", KnownAxisNames());
  }
  throw Error{"there is nothing to sweep", "moebench sweep",
              "name a model with -m MODEL.gguf or a file with -c moebench.yaml", ExitCode::kUsage};
}

void AddSpeculation(const Options& options, SweepSpec& spec) {
  const auto place = [](const char* option) {
    return ScalarPlace{"", option, static_cast<int>(ExitCode::kUsage)};
  };
  if (!options.draft.empty()) {
    spec.draft = options.draft;
    spec.drafts.clear();
  }
  if (!options.draft_tokens.empty()) {
    spec.draft_tokens = ParseDraftTokens(options.draft_tokens, place("--draft-tokens"));
  }
  if (!options.min_probability.empty()) {
    spec.min_probability = ParseProbability(options.min_probability, place("--min-probability"));
  }
  if (!options.recurrent.empty()) {
    spec.recurrent = NameList(options.recurrent, "--recurrent", RecurrentModes(), "a way back");
  }
}

// None for auto, which a file may say, too.
std::vector<int> NumbersOrAuto(const std::string& text, const std::string& option) {
  return text == "auto" ? std::vector<int>{} : IntegerList(text, option, 1, 4096);
}

SweepSpec SpecOf(const Options& options) {
  SweepSpec spec = SpecFromFile(options);
  const KnownNames known = KnownAxisNames();
  if (!options.models.empty()) spec.models = options.models;
  if (!options.experts.empty()) spec.experts = NumbersOrAuto(options.experts, "--experts");
  if (!options.decode.empty()) {
    spec.decoding = NameList(options.decode, "--decode", known.decodings, "a way of decoding");
  }
  AddSpeculation(options, spec);
  if (!options.placement.empty()) {
    spec.placement = PlacementList(options.placement, "--placement");
  }
  if (spec.placement == std::vector<std::string>{std::string(kAutoPlacement)}) {
    spec.placement.clear();
  }
  for (const std::string& name : spec.placement) {
    if (name != kAutoPlacement) ParsePlacementName(name);
  }
  if (!options.threads.empty()) spec.threads = NumbersOrAuto(options.threads, "--threads");
  if (!options.instances.empty()) spec.instances = InstanceList(options.instances, "--instances");
  if (!options.suite.empty()) spec.suite = options.suite;
  if (!options.database.empty()) spec.database = options.database;
  if (!options.runner.empty()) spec.runner = options.runner;
  if (!options.script.empty()) spec.fake_script = options.script;
  if (!options.budget.empty()) {
    spec.budget_s =
        ParseDurationSeconds(options.budget, {"", "--budget", static_cast<int>(ExitCode::kUsage)});
  }
  if (options.items >= 0) spec.items = options.items;
  if (options.sessions > 0) spec.sessions = options.sessions;
  if (options.max_sessions > 0) spec.max_sessions = options.max_sessions;
  if (!options.interval.empty()) {
    spec.interval =
        ParsePercent(options.interval, {"", "--interval", static_cast<int>(ExitCode::kUsage)});
  }
  if (options.trials > 0) spec.trials = options.trials;
  if (options.max_tokens > 0) spec.max_tokens = options.max_tokens;
  if (!options.kv.empty()) spec.kv = options.kv;
  if (options.controls >= 0) spec.controls = options.controls;
  if (!options.judge.empty()) SetJudge(options.judge, spec.judge);
  if (!options.judge_url.empty()) spec.judge.url = options.judge_url;
  if (!options.judge_key_file.empty()) spec.judge.key_file = options.judge_key_file;
  if (options.seed >= 0) spec.seed = static_cast<uint64_t>(options.seed);
  if (spec.suite.empty()) spec.suite = BundledSuite();
  if (spec.models.empty()) {
    throw Error{"no model is named", options.config.empty() ? "moebench sweep" : options.config,
                "add 'models: [MODEL.gguf]' or -m MODEL.gguf", ExitCode::kConfig};
  }
  return spec;
}

}  // namespace

void AddSweepCommand(CLI::App& app, ExitCode& exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("sweep", "Measures every setting, stores it, recommends one");
  command->add_option("-c,--config", options->config, "YAML file [./moebench.yaml without -m]");
  command->add_option("-m,--model", options->models, "GGUF file; may be given several times");
  command->add_option("--experts", options->experts,
                      "Experts per token, e.g. 8,6,4 [k0, then 6,4,3,2,1 below it, and 2 k0]");
  command->add_option("--decode", options->decode,
                      "plain,lookup,draft,draft+lookup, each at every expert count [plain]");
  command->add_option("--draft", options->draft,
                      "Draft model of draft and draft+lookup, a GGUF with the models' vocabulary");
  command->add_option(
      "--draft-tokens", options->draft_tokens,
      "Guesses checked in one pass at most, 1 to 15, or auto: as many as pay [auto]");
  command->add_option("--min-probability", options->min_probability,
                      "The draft model stops before a token it gives less [0.4]");
  command->add_option("--recurrent", options->recurrent,
                      "How recurrent layers take guesses back: rollback,checkpoint,off, or auto:"
                      " rollback where the runner offers it [auto]");
  command->add_option(
      "--placement", options->placement,
      "row-shard,expert-shard,interleave,local,weighted-interleave,replicate,none, each with :NODES"
      " and /THREADS, e.g. interleave:0-3/l3, and auto: by topology; the first is the reference"
      " [auto]");
  command->add_option("--threads", options->threads,
                      "Thread counts, e.g. 48,96; the first is the reference [one per core]");
  command->add_option(
      "--instances", options->instances,
      "Copies of the model at once, each on cores of its own, e.g. 1,2,node,l3 (one "
      "for each NUMA node, L3 cache), or auto; --threads is for each [1]");
  command->add_option("--suite", options->suite,
                      "core, demo, long, a folder of *.jsonl, or FILE[:FORMAT] [demo]");
  command->add_option("--items", options->items, "Graded items per cell, 0 = all [0]")
      ->check(Between(0, 1 << 20));
  command->add_option("--sessions", options->sessions, "Worker processes per cell [3]")
      ->check(Between(1, 1000));
  command
      ->add_option("--max-sessions", options->max_sessions,
                   "More processes, up to these, while an interval is wide [no more]")
      ->check(Between(1, 1000));
  command->add_option("--interval", options->interval,
                      "Half-width of a speed ratio that is narrow enough [2%]");
  command->add_option("--trials", options->trials, "Timed repetitions per process [3]")
      ->check(Between(1, 1000));
  command->add_option("--max-tokens", options->max_tokens, "Tokens per speed prompt [128]")
      ->check(Between(16, 1 << 20));
  command->add_option("--kv", options->kv, "Type of the KV cache: f32, f16 or q8_0 [f16]")
      ->check(OneOf(KvTypeNames()));
  command->add_option("--controls", options->controls, "A/A copies of the baseline [1]")
      ->check(Between(0, 16));
  command->add_option("--seed", options->seed, "Order of the trials, choice of items [1]")
      ->check(Between(int64_t{0}, int64_t{1} << 40));
  command->add_option("--judge", options->judge,
                      "anthropic:NAME, openai:NAME, gguf:FILE, command:PROGRAM or none [none]");
  command->add_option("--judge-url", options->judge_url, "Its server, e.g. http://localhost:8080");
  command->add_option("--judge-key-file", options->judge_key_file, "Its key; mode 600");
  command->add_option("--budget", options->budget, "Stop after this time, e.g. 6h [none]");
  command->add_option("--db", options->database, "SQLite file [moebench.sqlite]");
  command->add_option("--runner", options->runner, "native, or fake for rehearsals [native]")
      ->check(OneOf(KnownAxisNames().runners));
  command->add_option("--fake-script", options->script, "What the fake runner does, JSON");
  command->add_flag("--dry-run", options->mode.dry_run,
                    "Print cells, guards and expected time; measure nothing");
  command->add_flag("--resume", options->mode.resume, "Finish the last, interrupted sweep");
  command->add_flag_callback(
      "--allow-mixed", [options] { options->mode.mixing = Mixing::kAllowed; },
      "Resume though machine or moebench have changed; speeds are then kept under a mark");
  command->add_flag("--json", options->mode.json, "Result as JSON (schema moebench.show/1)");
  command->callback(
      [options, &exit_code] { exit_code = SweepMain(SpecOf(*options), options->mode); });
}

}  // namespace moebench
