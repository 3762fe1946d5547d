// Writing into the KV cache and packing queries; compiled for each instruction set.
#pragma once

#include "runners/native/kernels/attention.h"
#include "runners/native/kernels/vector_inl.h"

namespace moebench {
namespace {

typedef uint16_t U16x16 __attribute__((vector_size(32)));

// Nearest even; defined by the including file.
MOEBENCH_INLINE U16x16 NarrowF16(F32x16 v);

MOEBENCH_INLINE F32x16 LoadUpTo16(const float* p, int n) {
  return n >= kLanes ? Load(p) : LoadPart(p, n, 0);
}

// Calls put(i, bits) for element i < n of x, bits its f32 or f16.
template <typename Bits, typename Put>
MOEBENCH_INLINE void ForBits(const float* x, int n, Put put) {
  for (int i = 0; i < n; i += kLanes) {
    const F32x16 v = LoadUpTo16(x + i, n - i);
    Bits bits[kLanes];
    if constexpr (sizeof(Bits) == sizeof(float)) {
      __builtin_memcpy(bits, &v, sizeof bits);
    } else {
      const U16x16 halves = NarrowF16(v);
      __builtin_memcpy(bits, &halves, sizeof bits);
    }
    for (int lane = 0; lane < kLanes && i + lane < n; ++lane) put(i + lane, bits[lane]);
  }
}

template <typename Bits>
MOEBENCH_INLINE void StoreFloats(const KvShape& shape, const KvHead& head, int position,
                                 const float* key, const float* value) {
  const std::ptrdiff_t group = position / kKvGroup;
  const int within = position % kKvGroup;
  std::byte* keys = head.keys + group * KeyGroupBytes(shape);
  std::byte* values = head.values + group * ValueGroupBytes(shape);
  constexpr std::ptrdiff_t kSize = sizeof(Bits);
  ForBits<Bits>(key, shape.key_dim, [&](int i, Bits bits) {
    __builtin_memcpy(keys + (i * kKvGroup + within) * kSize, &bits, sizeof bits);
  });
  ForBits<Bits>(value, shape.value_dim, [&](int i, Bits bits) {
    const std::ptrdiff_t row = i / kKvChunk * kKvGroup + within;
    __builtin_memcpy(values + (row * kKvChunk + i % kKvChunk) * kSize, &bits, sizeof bits);
  });
}

struct Q8Block {
  float scale;  // amax / 127; not a number if an element isn't finite
  int8_t quants[kKvChunk];
  int32_t sum;  // of the quants
};

MOEBENCH_INLINE Q8Block QuantiseBlock(const float* x) {
  Q8Block block;
  const F32x16 a = Load(x), b = Load(x + kLanes);
  const float amax = MaxOf(Max(Max(a, -a), Max(b, -b)));
  const float inverse = amax != 0 ? 127.0f / amax : 0.0f;
  const I32x16 qa = __builtin_convertvector(Round(a * inverse), I32x16);
  const I32x16 qb = __builtin_convertvector(Round(b * inverse), I32x16);
  const I8x16 narrow_a = __builtin_convertvector(qa, I8x16);
  const I8x16 narrow_b = __builtin_convertvector(qb, I8x16);
  __builtin_memcpy(block.quants, &narrow_a, sizeof narrow_a);
  __builtin_memcpy(block.quants + kLanes, &narrow_b, sizeof narrow_b);
  const I32x16 both = qa + qb;
  block.sum = 0;
  for (int i = 0; i < kLanes; ++i) block.sum += both[i];
  block.scale = amax / 127.0f + 0.0f * Sum(a + b);
  return block;
}

MOEBENCH_INLINE uint16_t F16BitsOf(float x) { return NarrowF16(F32x16{} + x)[0]; }

void StoreQ8(const KvShape& shape, const KvHead& head, int position, const float* key,
             const float* value) {
  const std::ptrdiff_t group = position / kKvGroup;
  const int within = position % kKvGroup;
  std::byte* scales = head.keys + group * KeyGroupBytes(shape);
  std::byte* quants = scales + shape.key_dim;  // 16 scales of 2 bytes for 32 elements
  for (int b = 0; b < shape.key_dim / kKvChunk; ++b) {
    const Q8Block block = QuantiseBlock(key + b * kKvChunk);
    const uint16_t scale = F16BitsOf(block.scale);
    __builtin_memcpy(scales + (b * kKvGroup + within) * 2, &scale, sizeof scale);
    for (int i = 0; i < kKvChunk; i += 4) {
      uint8_t four[4];
      for (int j = 0; j < 4; ++j) four[j] = static_cast<uint8_t>(block.quants[i + j] + 128);
      __builtin_memcpy(quants + ((b * 8 + i / 4) * kKvGroup + within) * 4, four, sizeof four);
    }
  }
  scales = head.values + group * ValueGroupBytes(shape);
  quants = scales + shape.value_dim;
  for (int c = 0; c < shape.value_dim / kKvChunk; ++c) {
    const Q8Block block = QuantiseBlock(value + c * kKvChunk);
    const uint16_t scale = F16BitsOf(block.scale);
    __builtin_memcpy(scales + (c * kKvGroup + within) * 2, &scale, sizeof scale);
    std::byte* pairs = quants + (c * kKvGroup + within / 2 * 2) * kKvChunk + within % 2;
    for (int i = 0; i < kKvChunk; ++i) pairs[2 * i] = static_cast<std::byte>(block.quants[i]);
  }
}

void StoreKv(const KvShape& shape, const KvHead& head, int position, const float* key,
             const float* value) {
  if (shape.type == KvType::kF32) StoreFloats<uint32_t>(shape, head, position, key, value);
  if (shape.type == KvType::kF16) StoreFloats<uint16_t>(shape, head, position, key, value);
  if (shape.type == KvType::kQ8_0) StoreQ8(shape, head, position, key, value);
}

// A packed tile of queries, times scale x log2(e):
//   f32, f16  [key_dim][8]                     f32
//   q8_0      quants [key_dim / 4][8][4]       s8
//             scales [key_dim / 32][8]         f32
//             bias   [key_dim / 32][8]         s32, -128 x sum of the quants: takes back the keys'
//             +128
struct PackedQ8Queries {
  const int8_t* quants;
  const float* scales;
  const int32_t* bias;
};
MOEBENCH_INLINE PackedQ8Queries Q8Queries(const KvShape& shape, const std::byte* packed) {
  const std::ptrdiff_t bytes = std::ptrdiff_t{shape.key_dim} * kTileQueries;
  const std::byte* scales = packed + bytes;
  return {reinterpret_cast<const int8_t*>(packed), reinterpret_cast<const float*>(scales),
          reinterpret_cast<const int32_t*>(scales + bytes / kKvChunk * 4)};
}

void PackQuery(const KvShape& shape, const float* query, float scale, int row, std::byte* packed) {
  const float all_scale = scale * 1.44269504088896341f;
  if (shape.type != KvType::kQ8_0) {
    float* out = reinterpret_cast<float*>(packed);
    for (int i = 0; i < shape.key_dim; ++i) {
      out[i * kTileQueries + row] = query == nullptr ? 0 : query[i] * all_scale;
    }
    return;
  }
  const PackedQ8Queries out = Q8Queries(shape, packed);
  int8_t* quants = const_cast<int8_t*>(out.quants);
  for (int b = 0; b < shape.key_dim / kKvChunk; ++b) {
    float scaled[kKvChunk];
    for (int i = 0; i < kKvChunk; ++i) {
      scaled[i] = query == nullptr ? 0 : query[b * kKvChunk + i] * all_scale;
    }
    const Q8Block block = QuantiseBlock(scaled);
    for (int i = 0; i < kKvChunk; i += 4) {
      __builtin_memcpy(quants + ((b * 8 + i / 4) * kTileQueries + row) * 4, block.quants + i, 4);
    }
    const_cast<float*>(out.scales)[b * kTileQueries + row] = block.scale;
    const_cast<int32_t*>(out.bias)[b * kTileQueries + row] = -128 * block.sum;
  }
}

}  // namespace
}  // namespace moebench
