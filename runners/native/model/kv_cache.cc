#include "runners/native/model/kv_cache.h"

#include <algorithm>

#include "harness/base/error.h"
#include "runners/native/kernels/attention.h"
#include "runners/native/kernels/team.h"

namespace moebench {
namespace {

// Whole blocks: attention reads up to the end of one.
int Blocks(int context) { return (context + kAttentionBlock - 1) / kAttentionBlock; }

constexpr int kGroupsOfBlock = kAttentionBlock / kKvGroup;

}  // namespace

KvCache::KvCache(const KvShape& shape, int n_layers, int n_kv_heads, int context,
                 const MemoryBinder& bind)
    : shape_(shape), n_layers_(n_layers), n_kv_heads_(n_kv_heads), context_(context) {
  if (shape.type == KvType::kQ8_0 &&
      (shape.key_dim % kKvChunk != 0 || shape.value_dim % kKvChunk != 0)) {
    throw Error("a KV cache of type q8_0 has blocks of 32, this model heads of " +
                    std::to_string(shape.key_dim) + " and " + std::to_string(shape.value_dim),
                "native engine", "use f16", ExitCode::kConfig);
  }
  const std::size_t groups = static_cast<std::size_t>(Blocks(context)) * kGroupsOfBlock;
  const std::size_t key_bytes = groups * static_cast<std::size_t>(KeyGroupBytes(shape));
  const std::size_t value_bytes = groups * static_cast<std::size_t>(ValueGroupBytes(shape));
  const std::size_t n = static_cast<std::size_t>(n_layers) * static_cast<std::size_t>(n_kv_heads);
  arena_ = Arena(n * (Arena::Rounded(key_bytes) + Arena::Rounded(value_bytes)), bind);
  for (std::size_t i = 0; i < n; ++i) {
    std::byte* keys = arena_.Take(key_bytes);
    heads_.push_back({keys, arena_.Take(value_bytes)});
  }
}

void KvCache::Clear(int thread, int n_threads) {
  const int blocks = Blocks(context_);
  const Range mine = PartOf(n_kv_heads_ * blocks, 1, thread, n_threads);
  const std::ptrdiff_t key_bytes = kGroupsOfBlock * KeyGroupBytes(shape_);
  const std::ptrdiff_t value_bytes = kGroupsOfBlock * ValueGroupBytes(shape_);
  for (int layer = 0; layer < n_layers_; ++layer) {
    for (int i = mine.begin; i < mine.end; ++i) {
      const KvHead& head = Heads(layer)[static_cast<std::size_t>(i / blocks)];
      std::fill_n(head.keys + i % blocks * key_bytes, key_bytes, std::byte{0});
      std::fill_n(head.values + i % blocks * value_bytes, value_bytes, std::byte{0});
    }
  }
}

int64_t KvCache::BytesPerPosition() const {
  return int64_t{n_layers_} * n_kv_heads_ * KvBytesPerPosition(shape_);
}

}  // namespace moebench
