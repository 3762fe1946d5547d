// What forward passes really did, counted where it was done.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace moebench {

struct ForwardStats {
  int k_min = 0, k_max = 0;  // expert products of one token in one layer; 0 before the first
  int64_t passes = 0;
  int64_t tokens = 0;
  int64_t expert_runs = 0;       // (layer, expert) pairs that computed something, of each pass
  int64_t weight_bytes = 0;      // of every weight used, once for each pass
  int64_t kv_bytes = 0;          // of keys and values read by attention
  std::vector<uint8_t> touched;  // [n_layers, n_experts] 1 where the expert computed something

  // Asked for by Record: as `touched`, of each token alone.
  std::vector<uint8_t> recorded;  // [tokens, n_layers, n_experts]; empty: not asked for
  int first_recorded = 0;         // position of the first of these tokens

  // From now on the passes over so many positions from the first on are recorded; they must be all
  // that are made until 0 positions are asked for, which ends it.
  void Record(int first, int positions) {
    first_recorded = first;
    recorded = std::vector<uint8_t>(static_cast<std::size_t>(positions) * touched.size());
  }

  int64_t ExpertsTouched() const { return std::count(touched.begin(), touched.end(), uint8_t{1}); }
  void CountToken(int expert_products) {
    k_min = k_max == 0 ? expert_products : std::min(k_min, expert_products);
    k_max = std::max(k_max, expert_products);
  }
  void Clear() {  // keeps the memory
    k_min = k_max = 0;
    passes = tokens = expert_runs = weight_bytes = kv_bytes = 0;
    std::fill(touched.begin(), touched.end(), uint8_t{0});
  }
};

}  // namespace moebench
