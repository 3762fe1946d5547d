#include "runners/native/decode/sampler.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "harness/base/error.h"

namespace moebench {
namespace {

typedef float F32x4 __attribute__((vector_size(16)));
constexpr std::size_t kLanes = 4;
constexpr std::size_t kBlock = 1024;

// n >= 1
float LargestOf(const float* x, std::size_t n) {
  F32x4 most = F32x4{} + x[0];
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    F32x4 these;
    std::memcpy(&these, x + i, sizeof these);
    most = these > most ? these : most;
  }
  float largest = std::max({most[0], most[1], most[2], most[3]});
  for (; i < n; ++i) largest = std::max(largest, x[i]);
  return largest;
}

}  // namespace

Best BestOf(std::span<const float> logits, std::span<const int> banned) {
  constexpr float kNone = -std::numeric_limits<float>::infinity();
  float largest = kNone, second = kNone;
  std::size_t block_begin = 0, block_end = 0, begin = 0;  // of the block that has the largest
  for (std::size_t cut = 0; cut <= banned.size(); ++cut) {
    const std::size_t end =
        cut < banned.size() ? static_cast<std::size_t>(banned[cut]) : logits.size();
    for (std::size_t at = begin; at < end; at += kBlock) {
      const std::size_t n = std::min(kBlock, end - at);
      const float here = LargestOf(logits.data() + at, n);
      if (here > largest) {
        second = largest;
        largest = here;
        block_begin = at;
        block_end = at + n;
      } else {
        second = std::max(second, here);
      }
    }
    begin = end + 1;
  }
  CHECK(block_end > 0);
  std::size_t best = block_begin;
  while (logits[best] != largest) ++best;
  for (const auto& [from, to] : {std::pair(block_begin, best), std::pair(best + 1, block_end)}) {
    if (from < to) second = std::max(second, LargestOf(logits.data() + from, to - from));
  }
  return {static_cast<int>(best), second == kNone ? 0 : largest - second};
}

Sampler::Sampler(const SamplerOptions& options, int vocabulary)
    : options_(options), rng_(options.seed) {
  if (options.temperature > 0) cumulative_.resize(static_cast<std::size_t>(vocabulary));
}

int Sampler::Choose(std::span<const float> logits, std::span<const int> banned) {
  return options_.temperature > 0 ? Sample(logits, banned) : BestOf(logits, banned).token;
}

int Sampler::Sample(std::span<const float> logits, std::span<const int> banned) {
  const double largest = logits[static_cast<std::size_t>(BestOf(logits, banned).token)];
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
