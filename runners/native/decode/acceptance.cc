#include "runners/native/decode/acceptance.h"

#include <algorithm>
#include <limits>

#include "harness/base/error.h"

namespace moebench {

void OddsOf(const KernelTable& kernels, std::span<const float> logits, std::span<const int> banned,
            double temperature, std::span<float> odds) {
  const float scale = static_cast<float>(1 / temperature);
  std::transform(logits.begin(), logits.begin() + std::ssize(odds), odds.begin(),
                 [=](float logit) { return logit * scale; });
  // Of no weight in the sum that the others are divided by, and 0 at last.
  const float none = -std::numeric_limits<float>::max();
  for (const int id : banned) {
    if (static_cast<std::size_t>(id) < odds.size()) odds[static_cast<std::size_t>(id)] = none;
  }
  kernels.softmax(odds.data(), static_cast<int>(odds.size()));
  for (const int id : banned) {
    if (static_cast<std::size_t>(id) < odds.size()) odds[static_cast<std::size_t>(id)] = 0;
  }
}

int Draw(std::span<const float> odds, Rng& rng) {
  double total = 0;
  for (const float p : odds) total += static_cast<double>(p);
  CHECK(total > 0);
  const double target = rng.Uniform() * total;
  double sum = 0;
  std::size_t last = 0;  // rounding never leads to an id without a chance
  for (std::size_t id = 0; id < odds.size(); ++id) {
    if (odds[id] <= 0) continue;
    last = id;
    sum += static_cast<double>(odds[id]);
    if (sum > target) break;
  }
  return static_cast<int>(last);
}

Acceptance::Acceptance(const SamplerOptions& options, int vocabulary)
    : options_(options),
      vocabulary_(vocabulary),
      kernels_(KernelsFor(DetectIsa())),
      rng_(options.seed) {
  if (!greedy()) odds_.resize(static_cast<std::size_t>(vocabulary));
}

bool Acceptance::Passes(const Guess& guess) {
  const std::size_t token = static_cast<std::size_t>(guess.token);
  const double p = static_cast<double>(odds_[token]);
  const double q = guess.odds.empty() ? 1 : static_cast<double>(guess.odds[token]);
  if (rng_.Uniform() * q < p) return true;
  if (guess.odds.empty()) {
    odds_[token] = 0;
  } else {
    for (std::size_t id = 0; id < guess.odds.size(); ++id) {
      odds_[id] = std::max(0.0f, odds_[id] - guess.odds[id]);
    }
  }
  // Nothing is left where p and q differ by rounding only.
  return std::none_of(odds_.begin(), odds_.end(), [](float p_left) { return p_left > 0; });
}

Taken Acceptance::Take(std::span<const float> logits, std::span<const Guess> guesses,
                       std::span<const int> banned, std::span<float> gaps) {
  const std::size_t vocabulary = static_cast<std::size_t>(vocabulary_);
  Taken taken;
  for (std::size_t row = 0;; ++row) {
    const std::span<const float> here = logits.subspan(row * vocabulary, vocabulary);
    if (greedy()) {
      const Best best = BestOf(here, banned);
      gaps[row] = best.lead;
      taken.token = best.token;
      if (row == guesses.size() || guesses[row].token != best.token) return taken;
    } else {
      OddsOf(kernels_, here, banned, options_.temperature, odds_);
      if (row == guesses.size() || !Passes(guesses[row])) {
        taken.token = Draw(odds_, rng_);
        return taken;
      }
    }
    ++taken.guesses;
  }
}

}  // namespace moebench
