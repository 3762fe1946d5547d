// How keys and values lie in the cache of one KV head of one layer: in groups of 16 positions, so
// that one vector holds one element of 16 keys and a score needs no sum across lanes.
//
// f32, f16  keys    [groups][key_dim][16 positions]
//           values  [groups][chunks][16 positions][32]    a chunk is 32 elements of the head
// q8_0      keys    [groups]{scales [key_dim / 32][16]          binary16
//                            quants [key_dim / 4][16][4]}       s8 + 128: vpdpbusd's unsigned side
//           values  [groups]{scales [chunks][16]                binary16
//                            quants [chunks][8][32][2]}         s8, pairs of positions: vpdpwssd
// A value_dim that is no multiple of 32 is padded with zeros. Positions are written one by one,
// in any order, by any threads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "harness/config/kv_type.h"

namespace moebench {

inline constexpr int kKvGroup = 16;  // positions
inline constexpr int kKvChunk = 32;  // elements of a value; of a q8_0 block, too

struct KvShape {
  KvType type = KvType::kF32;
  int key_dim = 0, value_dim = 0;  // multiples of 32 for q8_0
};

// One KV head of one layer.
struct KvHead {
  std::byte* keys = nullptr;
  std::byte* values = nullptr;
};

// Bytes that attention reads of one position of one head, padding left out.
constexpr int64_t KvBytesPerPosition(const KvShape& shape) {
  return KvBytes(shape.type, int64_t{shape.key_dim} + shape.value_dim);
}

[[gnu::always_inline]] constexpr int ValueChunks(const KvShape& shape) {
  return (shape.value_dim + kKvChunk - 1) / kKvChunk;
}
// Of one group of a tensor that holds `elements` for each position.
[[gnu::always_inline]] constexpr std::ptrdiff_t GroupBytes(KvType type, int elements) {
  if (type == KvType::kQ8_0) return std::ptrdiff_t{elements} / kKvChunk * 34 * kKvGroup;
  return std::ptrdiff_t{elements} * kKvGroup * (type == KvType::kF16 ? 2 : 4);
}
[[gnu::always_inline]] constexpr std::ptrdiff_t KeyGroupBytes(const KvShape& shape) {
  return GroupBytes(shape.type, shape.key_dim);
}
[[gnu::always_inline]] constexpr std::ptrdiff_t ValueGroupBytes(const KvShape& shape) {
  return GroupBytes(shape.type, ValueChunks(shape) * kKvChunk);
}

}  // namespace moebench
