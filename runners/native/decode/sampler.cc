#include "runners/native/decode/sampler.h"

#include <algorithm>
#include <cmath>

#include "harness/base/error.h"

namespace moebench {
namespace {

// The largest of the logits between the banned ids, which cut the row into runs without a test in
// the inner loop.
int Largest(std::span<const float> logits, std::span<const int> banned) {
  std::size_t best = logits.size(), begin = 0;
  for (std::size_t cut = 0; cut <= banned.size(); ++cut) {
    const std::size_t end =
        cut < banned.size() ? static_cast<std::size_t>(banned[cut]) : logits.size();
    for (std::size_t i = begin; i < end; ++i) {
      if (best == logits.size() || logits[i] > logits[best]) best = i;
    }
    begin = end + 1;
  }
  CHECK(best < logits.size());
  return static_cast<int>(best);
}

}  // namespace

Sampler::Sampler(const SamplerOptions& options, int vocabulary)
    : options_(options), rng_(options.seed) {
  if (options.temperature > 0) cumulative_.resize(static_cast<std::size_t>(vocabulary));
}

int Sampler::Choose(std::span<const float> logits, std::span<const int> banned) {
  return options_.temperature > 0 ? Sample(logits, banned) : Largest(logits, banned);
}

int Sampler::Sample(std::span<const float> logits, std::span<const int> banned) {
  const double largest = logits[static_cast<std::size_t>(Largest(logits, banned))];
  double total = 0;
  std::size_t next_banned = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const bool is_banned =
        next_banned < banned.size() && static_cast<std::size_t>(banned[next_banned]) == i;
    if (is_banned) {
      ++next_banned;
    } else {
      total += std::exp((logits[i] - largest) / options_.temperature);
    }
    cumulative_[i] = total;
  }
  const double target = rng_.Uniform() * total;  // below total: its place is not a banned id's
  return static_cast<int>(std::upper_bound(cumulative_.begin(), cumulative_.end(), target) -
                          cumulative_.begin());
}

}  // namespace moebench
