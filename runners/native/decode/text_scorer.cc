#include "runners/native/decode/text_scorer.h"

#include <algorithm>
#include <string>

#include "harness/base/error.h"
#include "runners/native/decode/distribution.h"

namespace moebench {
namespace {

constexpr int kRows = 64;  // of logits at a time

void RequireRunnable(const TextScoreOptions& options, std::size_t tokens, int context) {
  const auto refuse = [](const std::string& problem, const std::string& hint) {
    throw Error(problem, "score text", hint, ExitCode::kUsage);
  };
  if (options.ks.empty()) refuse("no expert count is asked for", "name one at least");
  if (options.window < 4) refuse("a window has 4 tokens at least", "");
  if (options.window > context) {
    refuse("windows of " + std::to_string(options.window) + " tokens do not fit a context of " +
               std::to_string(context),
           "use shorter windows");
  }
  const std::size_t there = tokens / static_cast<std::size_t>(options.window);
  if (there == 0) {
    refuse("the text has " + std::to_string(tokens) + " tokens, a window " +
               std::to_string(options.window),
           "use a longer text or shorter windows");
  }
  if (options.first < 0 || options.windows < 1 ||
      static_cast<std::size_t>(options.first) >= there ||
      static_cast<std::size_t>(options.windows) > there - static_cast<std::size_t>(options.first)) {
    refuse("the text has " + std::to_string(there) + " windows of the asked length", "");
  }
}

}  // namespace

TextScorer::TextScorer(Transformer& transformer, Team& team)
    : transformer_(transformer), team_(team) {}

std::vector<ArmScores> TextScorer::Run(std::span<const int> tokens,
                                       const TextScoreOptions& options) {
  RequireRunnable(options, tokens.size(), transformer_.context());
  const std::size_t length = static_cast<std::size_t>(options.window);
  const std::size_t vocabulary = static_cast<std::size_t>(transformer_.hyper().vocabulary);
  const bool keep_base = options.ks.size() > 1;
  logits_.resize(kRows * vocabulary);
  if (keep_base) {
    base_.resize(static_cast<std::size_t>(ScoredPerWindow(options.window)) * vocabulary);
  }
  std::vector<ArmScores> arms(options.ks.size());
  for (int w = options.first; w < options.first + options.windows; ++w) {
    const auto at = tokens.subspan(static_cast<std::size_t>(w) * length, length);
    std::vector<int> window(at.begin(), at.end());
    if (options.bos) window.front() = *options.bos;
    for (std::size_t a = 0; a < arms.size(); ++a) {
      ScoreWindow(window, options.ks[a], a == 0, keep_base, arms[a]);
    }
  }
  return arms;
}

void TextScorer::ScoreWindow(std::span<const int> tokens, int k, bool is_base, bool keep_base,
                             ArmScores& arm) {
  const int n = static_cast<int>(tokens.size()), half = n / 2;
  const std::size_t vocabulary = static_cast<std::size_t>(transformer_.hyper().vocabulary);
  ForwardStats& stats = transformer_.stats();
  stats.Clear();
  transformer_.Reset();
  transformer_.Forward(tokens.first(static_cast<std::size_t>(half)), k, LogitsOf::kNone, {});
  for (int at = half; at < n - 1; at += kRows) {  // nothing follows the last token
    const std::size_t rows = static_cast<std::size_t>(std::min(kRows, n - 1 - at));
    const int row = at - half;
    std::span<float> logits = std::span(logits_).first(rows * vocabulary);
    if (is_base && keep_base) {
      logits = std::span(base_).subspan(static_cast<std::size_t>(row) * vocabulary, logits.size());
    }
    transformer_.Forward(tokens.subspan(static_cast<std::size_t>(at), rows), k, LogitsOf::kAll,
                         logits);
    ScoreRows(tokens.subspan(static_cast<std::size_t>(at) + 1, rows), logits, is_base ? -1 : row,
              arm);
  }
  arm.k_min = arm.k_max == 0 ? stats.k_min : std::min(arm.k_min, stats.k_min);
  arm.k_max = std::max(arm.k_max, stats.k_max);
}

// Rows are shared out over the team.
//   base_row: of the first of them in base_; -1 in the base itself
void TextScorer::ScoreRows(std::span<const int> next, std::span<const float> logits, int base_row,
                           ArmScores& arm) {
  const std::size_t vocabulary = logits.size() / next.size();
  const std::size_t done = arm.log_p.size();
  arm.log_p.resize(done + next.size());
  arm.top.resize(done + next.size());
  if (base_row >= 0) arm.kl.resize(done + next.size());
  team_.Run([&](int thread) {
    for (std::size_t i = static_cast<std::size_t>(thread); i < next.size();
         i += static_cast<std::size_t>(team_.size())) {
      const Distribution here = ReadLogits(logits.subspan(i * vocabulary, vocabulary));
      arm.log_p[done + i] = LogP(here, next[i]);
      arm.top[done + i] = here.top;
      if (base_row < 0) continue;
      const std::size_t row = static_cast<std::size_t>(base_row) + i;
      const std::span<const float> base(base_.data() + row * vocabulary, vocabulary);
      arm.kl[done + i] = KlDivergence(ReadLogits(base), here);
    }
  });
}

}  // namespace moebench
