#include "harness/sweep/parity.h"

#include <algorithm>

namespace moebench {
namespace {

std::optional<double> GapAt(const GreedyText& text, size_t at) {
  if (at >= text.top_gap.size()) return std::nullopt;
  return static_cast<double>(text.top_gap[at]);
}

}  // namespace

GreedyText TextOf(const GenerateResult& result) { return {result.tokens, result.top_gap}; }

ParityRecord CompareTexts(const GreedyText& plain, const GreedyText& speculative) {
  ParityRecord parity{.tokens = static_cast<int>(plain.tokens.size())};
  const auto [of_plain, of_other] =
      std::mismatch(plain.tokens.begin(), plain.tokens.end(), speculative.tokens.begin(),
                    speculative.tokens.end());
  if (of_plain == plain.tokens.end() && of_other == speculative.tokens.end()) return parity;
  const auto at = static_cast<size_t>(of_plain - plain.tokens.begin());
  parity.diverged_at = static_cast<int>(at);
  parity.gap = GapAt(plain, at);
  if (!parity.gap) parity.gap = GapAt(speculative, at);
  return parity;
}

void PlainTexts::Keep(int k, const std::string& name, const GenerateResult& result) {
  texts_.emplace(std::pair(k, name), TextOf(result));
}

const GreedyText& PlainTexts::Of(Runner& runner, const GenerateRequest& request,
                                 const std::string& name) {
  const auto found = texts_.find({request.k, name});
  if (found != texts_.end()) return found->second;
  GenerateRequest plain = request;
  plain.decoding = "plain";
  plain.speculation = {};
  const GreedyText text = TextOf(runner.Generate(plain));
  return texts_.emplace(std::pair(request.k, name), text).first->second;
}

}  // namespace moebench
