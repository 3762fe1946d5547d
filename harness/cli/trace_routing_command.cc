// moebench trace-routing: which experts the tokens of a text take, for moebench plan-placement.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "harness/base/files.h"
#include "harness/cli/commands.h"
#include "harness/cli/option_checks.h"
#include "harness/machine/placement_plan.h"
#include "results/report_escape.h"
#include "runners/native/decode/routing_tracer.h"
#include "runners/native/model/engine.h"
#include "runners/native/tokenizer/tokenizer.h"
#include "runners/routing/routing_trace.h"

namespace moebench {
namespace {

constexpr uint64_t kMostTextBytes = 1 << 26;

struct Options {
  std::string model, text, output;
  int experts = 0, tokens = 512;
};

void Trace(const Options& options) {
  const GgufFile file = GgufFile::Open(options.model);
  const Topology topology = ReadTopology(ThisMachine());
  const PlacementPlan plan = PlanPlacement(topology, AutoPolicies(topology).front(), 0);
  std::vector<int> tokens =
      Tokenizer::FromGguf(file).EncodePrompt(ReadFile(options.text, kMostTextBytes));
  tokens.resize(std::min(tokens.size(), static_cast<std::size_t>(options.tokens)));
  if (tokens.empty()) throw Error{"is empty", options.text, "name a text", ExitCode::kUsage};
  Engine engine(file, {.thread_cpus = plan.thread_cpus, .context_tokens = options.tokens});
  Transformer& transformer = engine.transformer();
  const int n_experts = transformer.hyper().n_experts;
  if (n_experts == 0) {
    throw Error{"has no experts", options.model, "routing is of mixtures of experts",
                ExitCode::kUsage};
  }
  const int k = options.experts == 0 ? transformer.hyper().k0 : options.experts;
  tokens.resize(std::min(tokens.size(), static_cast<std::size_t>(transformer.context())));
  const RoutingTrace trace = RoutingTracer(transformer).Run(tokens, k);
  WriteFileAtomically(options.output, FormatRoutingTrace(trace));
  fmt::print("{}: {} tokens, {} layers, k = {} of {} experts\n", VisibleText(options.output),
             trace.n_tokens(), trace.n_layers, k, n_experts);
}

}  // namespace

void AddTraceRoutingCommand(CLI::App& app, ExitCode&) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "trace-routing", "Writes which experts a text's tokens take, for plan-placement");
  command->add_option("-m,--model", options->model, "GGUF file")->required();
  command->add_option("-f,--file", options->text, "The text")->required();
  command->add_option("-o,--output", options->output, "The trace")->required();
  command->add_option("--experts", options->experts, "Experts per token, k [the model's k0]")
      ->check(Between(1, 4096));
  command->add_option("-n,--tokens", options->tokens, "Tokens at most")
      ->check(Between(1, 1 << 20))
      ->capture_default_str();
  command->callback([options] { Trace(*options); });
}

}  // namespace moebench
