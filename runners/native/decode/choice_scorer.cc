#include "runners/native/decode/choice_scorer.h"

#include <algorithm>

#include "harness/base/error.h"
#include "runners/native/decode/distribution.h"

namespace moebench {
namespace {

constexpr std::size_t kRows = 64;  // of logits at a time

// Tokens at the start that all have in common, and that all have before the first scored one's
// neighbour: the pass behind them gives the first logits that count.
std::size_t SharedTokens(std::span<const TokenChoice> choices) {
  const std::vector<int>& one = choices.front().tokens;
  std::size_t shared = one.size();
  for (const TokenChoice& choice : choices) {
    shared = std::min({shared, choice.tokens.size(), static_cast<std::size_t>(choice.first) - 1});
    const auto differs = std::mismatch(
        one.begin(), one.begin() + static_cast<std::ptrdiff_t>(shared), choice.tokens.begin());
    shared = static_cast<std::size_t>(differs.first - one.begin());
  }
  return shared;
}

void RequireScorable(const TokenChoice& choice) {
  if (choice.first < 1) {
    throw Error("there is nothing before the continuation", "score choices",
                "give a prompt that is not empty", ExitCode::kUsage);
  }
  if (static_cast<std::size_t>(choice.first) >= choice.tokens.size()) {
    throw Error("a continuation has no tokens", "score choices", "give some text",
                ExitCode::kUsage);
  }
}

}  // namespace

std::vector<ChoiceScores> ChoiceScorer::Run(std::span<const TokenChoice> choices, int k) {
  std::vector<ChoiceScores> scores;
  if (choices.empty()) return scores;
  for (const TokenChoice& choice : choices) RequireScorable(choice);
  logits_.resize(kRows * static_cast<std::size_t>(transformer_.hyper().vocabulary));
  transformer_.stats().Clear();
  transformer_.Reset();
  const std::size_t shared = SharedTokens(choices);
  transformer_.Forward(std::span(choices.front().tokens).first(shared), k, LogitsOf::kNone, {});
  std::vector<float> remembered(transformer_.state_floats());
  transformer_.SaveState(remembered);
  for (const TokenChoice& choice : choices) {
    transformer_.RestoreState(remembered, static_cast<int>(shared));
    scores.push_back(ScoreRest(choice, shared, k));
  }
  return scores;
}

ChoiceScores ChoiceScorer::ScoreRest(const TokenChoice& choice, std::size_t from, int k) {
  const std::size_t vocabulary = static_cast<std::size_t>(transformer_.hyper().vocabulary);
  const std::size_t first = static_cast<std::size_t>(choice.first);
  const std::span<const int> tokens = choice.tokens;
  transformer_.Forward(tokens.subspan(from, first - 1 - from), k, LogitsOf::kNone, {});
  ChoiceScores scores;
  for (std::size_t at = first - 1; at + 1 < tokens.size(); at += kRows) {
    const std::size_t rows = std::min(kRows, tokens.size() - 1 - at);
    const std::span<float> logits = std::span(logits_).first(rows * vocabulary);
    transformer_.Forward(tokens.subspan(at, rows), k, LogitsOf::kAll, logits);
    for (std::size_t i = 0; i < rows; ++i) {
      const Distribution here = ReadLogits(logits.subspan(i * vocabulary, vocabulary));
      const int token = tokens[at + 1 + i];
      scores.log_p.push_back(LogP(here, token));
      scores.greedy = scores.greedy && token == here.top;
    }
  }
  return scores;
}

}  // namespace moebench
