#include "runners/native/native_speculation.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "harness/base/error.h"

namespace moebench {
namespace {

constexpr int kMostFed = kMostGuesses + 1;

double GuessMs(Engine& draft, std::span<const int> text) {
  constexpr int kGuesses = 4;
  Transformer& model = draft.transformer();
  const int depth = std::min(static_cast<int>(text.size()), model.context() - kGuesses);
  const TokenTest test = TokenTimer(model, draft.team())
                             .Run(text, {.k = model.hyper().k0,
                                         .depth = std::max(0, depth),
                                         .generated_tokens = std::min(kGuesses, model.context())});
  const double sum_ms =
      std::accumulate(test.inter_token_ms.begin(), test.inter_token_ms.end(), 0.0);
  return sum_ms / static_cast<double>(test.inter_token_ms.size());
}

}  // namespace

NativeSpeculation::NativeSpeculation(Engine& engine, std::optional<Engine> draft)
    : engine_(engine),
      draft_(std::move(draft)),
      speculator_(engine.transformer(), engine.team(), draft_ ? &draft_->transformer() : nullptr) {}

const PassCosts& NativeSpeculation::CostsAt(int k, std::span<const int> prompt) {
  const auto known = costs_.find(k);
  if (known != costs_.end()) return known->second;
  Transformer& model = engine_.transformer();
  const int depth =
      std::max(0, std::min(static_cast<int>(prompt.size()), model.context() - kMostFed));
  std::vector<int> sizes{1, 2, 3, 4, 6, 8, 12, kMostFed};
  std::erase_if(sizes, [&](int size) { return size > model.context() - depth; });
  const VerifyTest test =
      TokenTimer(model, engine_.team()).RunVerify(prompt, {.k = k, .depth = depth, .sizes = sizes});
  const double guess_ms = draft_ ? GuessMs(*draft_, prompt) : 0;
  return costs_.emplace(k, CostsBetween(test.costs, guess_ms)).first->second;
}

Generation NativeSpeculation::Run(const std::string& decoding, std::span<const int> prompt,
                                  const GenerateOptions& options,
                                  const SpeculationOptions& speculation) {
  SpeculatorOptions how{.drafts = decoding == "draft" || decoding == "draft+lookup",
                        .looks_up = decoding == "lookup" || decoding == "draft+lookup",
                        .speculation = speculation};
  if (!how.drafts && !how.looks_up) {
    throw Error("decoding '" + decoding + "' is not known", "native runner",
                "the native engine decodes plain, lookup, draft and draft+lookup",
                ExitCode::kConfig);
  }
  RequireFit(engine_.transformer(), prompt.size(), options.max_tokens);
  if (speculation.draft_tokens == 0) how.costs = CostsAt(options.k, prompt);
  return speculator_.Run(prompt, options, how);
}

}  // namespace moebench
