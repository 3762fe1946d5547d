// Keys and values of all positions so far, f32, one contiguous run for each layer and KV head.
//   KvCache cache(n_layers, n_kv_heads, head_dim, context, bind);
//   float* key = cache.Keys(layer, head) + position * head_dim;
// Different heads may be written by different threads.
#pragma once

#include <cstddef>

#include "runners/native/kernels/arena.h"

namespace moebench {

class KvCache {
 public:
  KvCache() = default;
  // Throws Error without memory. Untouched until Clear.
  KvCache(int n_layers, int n_kv_heads, int head_dim, int context, const MemoryBinder& bind);

  float* Keys(int layer, int head) { return keys_ + Offset(layer, head); }
  float* Values(int layer, int head) { return values_ + Offset(layer, head); }
  // Writes zeros over one head of every layer: the thread that will use it touches it first.
  void Clear(int head);
  int context() const { return context_; }
  const Arena& arena() const { return arena_; }

 private:
  std::size_t Offset(int layer, int head) const {
    return static_cast<std::size_t>(layer * n_kv_heads_ + head) * head_floats_;
  }
  int n_layers_ = 0, n_kv_heads_ = 0, context_ = 0;
  std::size_t head_floats_ = 0;  // context x head_dim
  Arena arena_;
  float* keys_ = nullptr;    // [n_layers, n_kv_heads, context, head_dim]
  float* values_ = nullptr;  // the same
};

}  // namespace moebench
