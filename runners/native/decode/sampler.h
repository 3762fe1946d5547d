// Chooses the next token from logits.
//   Sampler sampler({.temperature = 0}, vocabulary);
//   int token = sampler.Choose(logits, banned);
// Greedy takes the largest, of equal ones the lowest id. Sampling is reproducible from its seed.
// Allocates only when made. Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "harness/base/rng.h"

namespace moebench {

struct SamplerOptions {
  double temperature = 0;  // 0 = greedy
  uint64_t seed = 1;       // for temperature > 0
};

// What greedy decoding chooses, and how much its logit is above the next best one's.
struct Best {
  int token = 0;
  float lead = 0;  // 0 if there is no other
};
// logits [vocabulary], finite; banned: ids in rising order that don't count, not all of them.
Best BestOf(std::span<const float> logits, std::span<const int> banned);

class Sampler {
 public:
  Sampler(const SamplerOptions& options, int vocabulary);

  // logits [vocabulary], finite; banned: ids in rising order that are never chosen, not all of
  // them.
  int Choose(std::span<const float> logits, std::span<const int> banned);
  bool greedy() const { return options_.temperature <= 0; }

 private:
  int Sample(std::span<const float> logits, std::span<const int> banned);

  SamplerOptions options_;
  Rng rng_;
  std::vector<double> cumulative_;
};

}  // namespace moebench
