// Keys and values of all positions so far, of every layer and KV head, in the layout of
// kernels/kv_layout.h.
//   KvCache cache({KvType::kF16, 128, 128}, n_layers, n_kv_heads, context, bind);
//   kernels.store(cache.shape(), cache.Heads(layer)[head], position, key, value);
// Different positions may be written by different threads.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "runners/native/kernels/arena.h"
#include "runners/native/kernels/kv_layout.h"

namespace moebench {

class KvCache {
 public:
  KvCache() = default;
  // Throws Error without memory, or for a type that heads of this size can't have. Untouched until
  // Clear.
  KvCache(const KvShape& shape, int n_layers, int n_kv_heads, int context,
          const MemoryBinder& bind);

  const KvShape& shape() const { return shape_; }
  std::span<const KvHead> Heads(int layer) const {  // [n_kv_heads]
    const std::size_t n = static_cast<std::size_t>(n_kv_heads_);
    return std::span(heads_).subspan(static_cast<std::size_t>(layer) * n, n);
  }
  // Writes zeros over one thread's share of every layer: about the positions that it will read of a
  // full cache, so that it touches them first.
  void Clear(int thread, int n_threads);
  int context() const { return context_; }
  // What attention reads of every position.
  int64_t BytesPerPosition() const;
  const Arena& arena() const { return arena_; }

 private:
  KvShape shape_;
  int n_layers_ = 0, n_kv_heads_ = 0, context_ = 0;
  Arena arena_;
  std::vector<KvHead> heads_;  // [n_layers, n_kv_heads]
};

}  // namespace moebench
