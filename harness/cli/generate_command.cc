// moebench generate: one prompt through the native engine, in this process.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "harness/base/files.h"
#include "harness/cli/commands.h"
#include "harness/cli/option_checks.h"
#include "harness/cli/options.h"
#include "harness/config/scalars.h"
#include "harness/machine/placement_plan.h"
#include "harness/machine/topology.h"
#include "results/report_escape.h"
#include "runners/native/native_runner.h"
#include "runners/worker/struct_json.h"

namespace moebench {
namespace {

struct Options {
  std::string model, prompt, prompt_file, decoding = "plain", placement = "auto", kv = "f16";
  int experts = 0, max_tokens = 128, threads = 0, context = 0;
  double temperature = 0;
  uint64_t seed = 1;
  std::string think, draft, recurrent = "rollback";
  int draft_tokens = 0;
  bool raw = false, json = false;
};

std::string PromptOf(const Options& options) {
  if (!options.prompt_file.empty()) return ReadFile(options.prompt_file, 16 << 20);
  return options.prompt;
}

void RefuseImpossible(const Options& options, const ModelFacts& facts) {
  if (options.experts > facts.n_experts) {
    throw Error{fmt::format("k = {} is more than the {} experts there are", options.experts,
                            facts.n_experts),
                "--experts", fmt::format("choose 1 to {}", facts.n_experts), ExitCode::kUsage};
  }
  if ((options.think == "on" && facts.thinking == "none") ||
      (options.think == "off" && facts.thinking == "always")) {
    throw Error{fmt::format("the model's chat format ({}) {} thinks", facts.chat_format,
                            options.think == "on" ? "never" : "always"),
                "--think", "leave it out", ExitCode::kUsage};
  }
  const bool drafts = options.decoding.starts_with("draft");
  if (drafts && options.draft.empty()) {
    throw Error{"'" + options.decoding + "' needs a draft model", "--decode",
                "name one with --draft", ExitCode::kUsage};
  }
  if (!drafts && !options.draft.empty()) {
    throw Error{"'" + options.decoding + "' uses no draft model", "--draft",
                "add --decode draft or draft+lookup", ExitCode::kUsage};
  }
}

double Share(int64_t part, int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

double TokensPerStep(const GenerateResult& result) {
  return Share(static_cast<int64_t>(result.inter_token_ms.size()), result.speculation->steps);
}

nlohmann::json SpeculationSummary(const GenerateResult& result) {
  const SpeculationCounts& counts = *result.speculation;
  nlohmann::json at = nlohmann::json::array();
  for (std::size_t i = 0; i < counts.drafted_at.size(); ++i) {
    at.push_back(Share(counts.accepted_at[i], counts.drafted_at[i]));
  }
  return {{"drafted", *result.drafted},
          {"accepted", *result.accepted},
          {"acceptance", Share(*result.accepted, *result.drafted)},
          {"acceptance_at", at},
          {"tokens_per_step", TokensPerStep(result)}};
}

void PrintSpeculation(const GenerateResult& result) {
  const SpeculationCounts& counts = *result.speculation;
  fmt::print(stderr, "{} of {} guesses right ({:.0f} %), {:.2f} tokens per step; by place:",
             *result.accepted, *result.drafted, 100 * Share(*result.accepted, *result.drafted),
             TokensPerStep(result));
  for (std::size_t i = 0; i < counts.drafted_at.size(); ++i) {
    fmt::print(stderr, " {}/{}", counts.accepted_at[i], counts.drafted_at[i]);
  }
  fmt::print(stderr, "\n");
}

void Generate(const Options& options) {
  const std::unique_ptr<Runner> runner = MakeNativeRunner();
  const ModelFacts facts = runner->Inspect(options.model);
  RefuseImpossible(options, facts);
  const Topology topology = ReadTopology(ThisMachine());
  const std::string policy =
      options.placement == kAutoPlacement ? AutoPolicies(topology).front() : options.placement;
  const std::string prompt = PromptOf(options);
  LoadRequest load;
  load.model_path = options.model;
  load.placement = PlanPlacement(topology, policy, options.threads);
  constexpr int kChatFormatTokens = 128;
  const int64_t wanted =
      static_cast<int64_t>(prompt.size()) + options.max_tokens + kChatFormatTokens;
  load.context_tokens = options.context > 0
                            ? options.context
                            : static_cast<int>(std::min<int64_t>(wanted, facts.context_length));
  load.kv = KvTypeOf(options.kv);
  load.draft_path = options.draft;
  const LoadReport loaded = runner->Load(load, [](const std::string&, double) {});
  GenerateRequest request;
  request.prompt = prompt;
  request.chat = !options.raw;
  request.k = options.experts;
  request.decoding = options.decoding;
  request.speculation.draft_tokens = options.draft_tokens;
  request.speculation.recurrent = options.recurrent;
  request.max_tokens = options.max_tokens;
  request.temperature = options.temperature;
  request.seed = options.seed;
  if (!options.think.empty()) request.think = options.think == "on";
  // A terminal acts on what it is shown; a pipe gets the bytes as the model made them.
  const bool streams = !options.json && isatty(STDOUT_FILENO);
  if (streams) {
    request.on_text = [](const std::string& text) {
      fmt::print("{}", VisibleText(text));
      std::fflush(stdout);
    };
  }
  const GenerateResult result = runner->Generate(request);
  if (options.json) {
    nlohmann::json json = {{"schema", "moebench.generate/1"},
                           {"model", options.model},
                           {"isa", loaded.isa},
                           {"threads", load.placement.thread_cpus.size()},
                           {"placement", policy},
                           {"kv", options.kv},
                           {"result", ToJson(result)}};
    if (result.speculation) json["speculation"] = SpeculationSummary(result);
    fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
    return;
  }
  fmt::print("{}\n", streams ? "" : result.text);
  const double decode_ms =
      std::accumulate(result.inter_token_ms.begin(), result.inter_token_ms.end(), 0.0);
  fmt::print(stderr, "{} prompt tokens, {:.1f} ms to the first token; {} tokens, {}; k = {}, {}\n",
             result.prompt_tokens, result.prefill_ms, result.tokens.size(),
             decode_ms > 0
                 ? fmt::format("{:.1f} tokens/s",
                               1e3 * static_cast<double>(result.inter_token_ms.size()) / decode_ms)
                 : std::string("too few for a speed"),
             result.k_executed_max, result.finish == "stop" ? "ended by itself" : "cut off at -n");
  if (result.speculation) PrintSpeculation(result);
  if (request.chat && result.chat == "none") {
    fmt::print(stderr, "plain completion: the file has no chat template of a format we know\n");
  }
}

}  // namespace

void AddGenerateCommand(CLI::App& app, ExitCode&) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("generate", "Answers one prompt with the native engine");
  command->add_option("-m,--model", options->model, "GGUF file")->required();
  CLI::Option* prompt = command->add_option("-p,--prompt", options->prompt, "The user's turn");
  command->add_option("-f,--file", options->prompt_file, "Read the prompt from this file")
      ->excludes(prompt);
  command->add_option("-n,--max-tokens", options->max_tokens, "Tokens at most")
      ->check(Between(1, 1 << 20))
      ->capture_default_str();
  command->add_option("--experts", options->experts, "Experts per token, k [the model's k0]")
      ->check(Between(1, 4096));
  command->add_option("--decode", options->decoding, "plain, lookup, draft or draft+lookup")
      ->check(OneOf(KnownAxisNames().decodings))
      ->capture_default_str();
  command->add_option("--draft", options->draft, "Draft model, a GGUF file of the same vocabulary");
  command->add_option("--draft-tokens", options->draft_tokens, "Guesses in one pass, 0 = what pays")
      ->check(Between(0, kMostGuesses))
      ->capture_default_str();
  command
      ->add_option("--recurrent", options->recurrent,
                   "How recurrent layers forget wrong guesses: rollback or checkpoint")
      ->check(OneOf({"rollback", "checkpoint"}))
      ->capture_default_str();
  command
      ->add_option("--placement", options->placement,
                   "row-shard, interleave, local, ...; auto: by topology")
      ->capture_default_str();
  command->add_option("-t,--threads", options->threads, "Pinned threads [one per core]")
      ->check(Between(1, 4096));
  command->add_option("--kv", options->kv, "Type of the KV cache: f32, f16 or q8_0")
      ->check(OneOf(KvTypeNames()))
      ->capture_default_str();
  command->add_option("-c,--context", options->context, "KV cache, tokens [what is needed]")
      ->check(Between(1, 1 << 24));
  command->add_option("--temperature", options->temperature, "0 = greedy")
      ->check(Between(0.0, 100.0))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Of the sampling")->capture_default_str();
  command->add_option("--think", options->think, "on or off, of models that think [off]")
      ->check(OneOf({"on", "off"}));
  command->add_flag("--raw", options->raw, "Continue the text itself, without the chat format");
  command->add_flag("--json", options->json, "As JSON (schema moebench.generate/1)");
  command->callback([options] { Generate(*options); });
}

}  // namespace moebench
