#include "runners/native/decode/speculator.h"

#include <string>

#include "harness/base/error.h"

namespace moebench {
namespace {

void RequireSound(const SpeculatorOptions& how, bool has_draft) {
  const auto refuse = [](const std::string& problem, const std::string& hint) {
    throw Error(problem, "speculation", hint, ExitCode::kConfig);
  };
  const SpeculationOptions& s = how.speculation;
  if (s.draft_tokens < 0 || s.draft_tokens > kMostGuesses) {
    refuse("draft_tokens is " + std::to_string(s.draft_tokens),
           "choose 1 to " + std::to_string(kMostGuesses) + ", or 0 for what pays");
  }
  if (!(s.min_probability >= 0 && s.min_probability <= 1)) {
    refuse("min_probability is " + std::to_string(s.min_probability), "choose 0 to 1");
  }
  if (how.drafts && !has_draft) {
    refuse("no draft model is loaded", "load one beside the model");
  }
}

}  // namespace

Speculator::Speculator(Transformer& model, Team& team, Transformer* draft)
    : parts_(model, team, draft) {}

Generation Speculator::Run(std::span<const int> prompt, const GenerateOptions& options,
                           const SpeculatorOptions& how) {
  RequireFit(parts_.model, prompt.size(), options.max_tokens);
  RequireSound(how, parts_.drafter.has_value());
  SpeculativeRun run(parts_, prompt, options, how);
  run.ReadPrompt();
  while (!run.done()) run.Step();
  return run.Finish();
}

}  // namespace moebench
