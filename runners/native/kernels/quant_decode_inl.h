// From packed tiles (quant_layout.h) to vectors of codes, scales and minimums; compiled for each
// instruction set. S is that set's Simd: a vector of S::kBytes bytes holds four inputs of
// S::kBytes / 4 rows, so that a tile is read in 64 / S::kBytes parts.
//   Q4_KCodes<S> codes(chunk, part);   // once for each chunk
//   codes.Weights(b, w);               // codes of block b, eight groups of four inputs
//   weight = codes.Scale(b, half) * (w - kZero) - codes.Min(b, half)
// kHalves: scales in a block of 32 inputs, 1 or 2.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runners/native/kernels/quant_layout.h"
#include "runners/native/kernels/vector_ops_inl.h"

namespace moebench {
namespace {

// Code tables, +128: ggml-common.h (ggml 0.27.0), OCP Microscaling v1.0 E2M1 doubled.
alignas(16) constexpr uint8_t kIq4Table[16] = {1,   24,  45,  63,  79,  93,  106, 118,
                                               129, 141, 153, 166, 181, 197, 217, 241};
alignas(16) constexpr uint8_t kMxfp4Table[16] = {128, 129, 130, 131, 132, 134, 136, 140,
                                                 128, 127, 126, 125, 124, 122, 120, 116};

template <class S>
MOEBENCH_INLINE typename S::U8 LoadBytes(const std::byte* p) {
  typename S::U8 v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

// Bytes shifted right; what comes in from the neighbouring byte is for the caller to mask.
template <class S, int bits>
MOEBENCH_INLINE typename S::U8 Right(typename S::U8 v) {
  return (typename S::U8)((typename S::U16)v >> bits);
}
template <class S, int bits>
MOEBENCH_INLINE typename S::U8 Left(typename S::U8 v) {
  return (typename S::U8)((typename S::U16)v << bits);
}

template <class S>
MOEBENCH_INLINE void Nibbles(const std::byte* p, int part, typename S::U8* w) {
  for (int i = 0; i < 4; ++i) {
    const typename S::U8 v = LoadBytes<S>(p + i * 64 + part * S::kBytes);
    w[i] = v & 15;
    w[i + 4] = Right<S, 4>(v) & 15;
  }
}

// The fifth bit: bit g of byte j of the vector at p.
template <class S>
MOEBENCH_INLINE void AddFifthBit(const std::byte* p, int part, typename S::U8* w) {
  const typename S::U8 v = LoadBytes<S>(p + part * S::kBytes);
  w[0] |= Left<S, 4>(v) & 16;
  w[1] |= Left<S, 3>(v) & 16;
  w[2] |= Left<S, 2>(v) & 16;
  w[3] |= Left<S, 1>(v) & 16;
  w[4] |= v & 16;
  w[5] |= Right<S, 1>(v) & 16;
  w[6] |= Right<S, 2>(v) & 16;
  w[7] |= Right<S, 3>(v) & 16;
}

template <class S>
MOEBENCH_INLINE void AddFifthAndSixthBit(const std::byte* p, int part, typename S::U8* w) {
  for (int i = 0; i < 2; ++i) {
    const typename S::U8 v = LoadBytes<S>(p + i * 64 + part * S::kBytes);
    w[4 * i] |= Left<S, 4>(v) & 48;
    w[4 * i + 1] |= Left<S, 2>(v) & 48;
    w[4 * i + 2] |= v & 48;
    w[4 * i + 3] |= Right<S, 2>(v) & 48;
  }
}

template <class S>
MOEBENCH_INLINE void TwoBits(const std::byte* p, int part, typename S::U8* w) {
  for (int i = 0; i < 2; ++i) {
    const typename S::U8 v = LoadBytes<S>(p + i * 64 + part * S::kBytes);
    w[4 * i] = v & 3;
    w[4 * i + 1] = Right<S, 2>(v) & 3;
    w[4 * i + 2] = Right<S, 4>(v) & 3;
    w[4 * i + 3] = Right<S, 6>(v) & 3;
  }
}

template <class S>
MOEBENCH_INLINE void AddThirdBit(const std::byte* p, int part, typename S::U8* w) {
  const typename S::U8 v = LoadBytes<S>(p + part * S::kBytes);
  w[0] |= Left<S, 2>(v) & 4;
  w[1] |= Left<S, 1>(v) & 4;
  w[2] |= v & 4;
  w[3] |= Right<S, 1>(v) & 4;
  w[4] |= Right<S, 2>(v) & 4;
  w[5] |= Right<S, 3>(v) & 4;
  w[6] |= Right<S, 4>(v) & 4;
  w[7] |= Right<S, 5>(v) & 4;
}

// Unpacks the sixes that this part needs: values [16][16 rows].
template <class S>
struct Sixes {
  using U8 = typename S::U8;
  alignas(64) uint8_t value[256];

  MOEBENCH_INLINE explicit Sixes(const std::byte* p) {
    for (int at = 0; at < 64; at += S::kBytes) {
      const U8 a = LoadBytes<S>(p + at), b = LoadBytes<S>(p + 64 + at),
               c = LoadBytes<S>(p + 128 + at);
      Put(at, a & 63);
      Put(64 + at, b & 63);
      Put(128 + at, c & 63);
      Put(192 + at, (Right<S, 6>(a) & 3) | (Right<S, 4>(b) & 12) | (Right<S, 2>(c) & 48));
    }
  }
  MOEBENCH_INLINE void Put(int at, U8 v) { __builtin_memcpy(value + at, &v, sizeof v); }
  MOEBENCH_INLINE typename S::F Row(int i, int part) const {
    return S::WidenU8(value + i * 16 + part * S::kLanes);
  }
};

template <class S, WeightType type>
struct Codes;

// Formats with a binary16 scale, and a minimum or none, for each block.
template <class S, WeightType type, int zero, bool min>
struct BlockScales {
  static constexpr int kZero = zero, kHalves = 1;
  static constexpr bool kMin = min;
  const std::byte* chunk;
  int part;
  MOEBENCH_INLINE BlockScales(const std::byte* chunk_, int part_) : chunk(chunk_), part(part_) {}
  MOEBENCH_INLINE const std::byte* Block(int b) const {
    constexpr QuantLayout kLayout = QuantLayoutOf(type);
    return chunk + kLayout.header_bytes + b * kLayout.block_bytes;
  }
  MOEBENCH_INLINE typename S::F Scale(int b, int) const {
    return S::WidenF16(chunk + b * 32 + part * S::kLanes * 2);
  }
  MOEBENCH_INLINE typename S::F MinusMin(int b, int) const {
    return S::WidenF16(chunk + 64 + b * 32 + part * S::kLanes * 2);
  }
};

template <class S>
struct Codes<S, WeightType::kQ8_0> : BlockScales<S, WeightType::kQ8_0, 128, false> {
  using BlockScales<S, WeightType::kQ8_0, 128, false>::BlockScales;
  MOEBENCH_INLINE void Weights(int b, typename S::U8* w) const {
    for (int g = 0; g < 8; ++g) {
      w[g] = LoadBytes<S>(this->Block(b) + g * 64 + this->part * S::kBytes);
    }
  }
};

template <class S>
struct Codes<S, WeightType::kQ4_0> : BlockScales<S, WeightType::kQ4_0, 8, false> {
  using BlockScales<S, WeightType::kQ4_0, 8, false>::BlockScales;
  MOEBENCH_INLINE void Weights(int b, typename S::U8* w) const {
    Nibbles<S>(this->Block(b), this->part, w);
  }
};

template <class S>
struct Codes<S, WeightType::kQ4_1> : BlockScales<S, WeightType::kQ4_1, 0, true> {
  using BlockScales<S, WeightType::kQ4_1, 0, true>::BlockScales;
  MOEBENCH_INLINE void Weights(int b, typename S::U8* w) const {
    Nibbles<S>(this->Block(b), this->part, w);
  }
};

template <class S>
struct Codes<S, WeightType::kQ5_0> : BlockScales<S, WeightType::kQ5_0, 16, false> {
  using BlockScales<S, WeightType::kQ5_0, 16, false>::BlockScales;
  MOEBENCH_INLINE void Weights(int b, typename S::U8* w) const {
    Nibbles<S>(this->Block(b), this->part, w);
    AddFifthBit<S>(this->Block(b) + 256, this->part, w);
  }
};

template <class S>
struct Codes<S, WeightType::kQ5_1> : BlockScales<S, WeightType::kQ5_1, 0, true> {
  using BlockScales<S, WeightType::kQ5_1, 0, true>::BlockScales;
  MOEBENCH_INLINE void Weights(int b, typename S::U8* w) const {
    Nibbles<S>(this->Block(b), this->part, w);
    AddFifthBit<S>(this->Block(b) + 256, this->part, w);
  }
};

template <class S>
struct Codes<S, WeightType::kIQ4_NL> : BlockScales<S, WeightType::kIQ4_NL, 128, false> {
  using BlockScales<S, WeightType::kIQ4_NL, 128, false>::BlockScales;
  MOEBENCH_INLINE void Weights(int b, typename S::U8* w) const {
    Nibbles<S>(this->Block(b), this->part, w);
    for (int g = 0; g < 8; ++g) w[g] = S::Lookup(kIq4Table, w[g]);
  }
};

template <class S>
struct Codes<S, WeightType::kMXFP4> : BlockScales<S, WeightType::kMXFP4, 128, false> {
  using BlockScales<S, WeightType::kMXFP4, 128, false>::BlockScales;
  MOEBENCH_INLINE void Weights(int b, typename S::U8* w) const {
    Nibbles<S>(this->Block(b), this->part, w);
    for (int g = 0; g < 8; ++g) w[g] = S::Lookup(kMxfp4Table, w[g]);
  }
  // 2^(e - 128), half because the codes are doubled; below 2^-126 it is zero.
  MOEBENCH_INLINE typename S::F Scale(int b, int) const {
    return S::PowerOfTwo(this->chunk + b * 16 + this->part * S::kLanes);
  }
};

// Formats of 256 inputs with a binary16 scale for each row and small integers for its blocks.
template <class S, WeightType type, int zero, int halves, bool min>
struct SuperBlock {
  using F = typename S::F;
  static constexpr int kZero = zero, kHalves = halves;
  static constexpr bool kMin = min;
  const std::byte* chunk;
  int part;
  F d, minus_dmin;
  MOEBENCH_INLINE SuperBlock(const std::byte* chunk_, int part_)
      : chunk(chunk_), part(part_), d(S::WidenF16(chunk_ + part_ * S::kLanes * 2)) {
    if constexpr (min) minus_dmin = -S::WidenF16(chunk_ + 32 + part_ * S::kLanes * 2);
  }
  MOEBENCH_INLINE const std::byte* Block(int b) const {
    constexpr QuantLayout kLayout = QuantLayoutOf(type);
    return chunk + kLayout.header_bytes + b * kLayout.block_bytes;
  }
};

template <class S>
struct Codes<S, WeightType::kQ4_K> : SuperBlock<S, WeightType::kQ4_K, 0, 1, true> {
  using F = typename S::F;
  Sixes<S> sixes;
  MOEBENCH_INLINE Codes(const std::byte* chunk_, int part_)
      : SuperBlock<S, WeightType::kQ4_K, 0, 1, true>(chunk_, part_), sixes(chunk_ + 64) {}
  MOEBENCH_INLINE F Scale(int b, int) const { return sixes.Row(b, this->part) * this->d; }
  MOEBENCH_INLINE F MinusMin(int b, int) const {
    return sixes.Row(b + 8, this->part) * this->minus_dmin;
  }
  MOEBENCH_INLINE void Weights(int b, typename S::U8* w) const {
    Nibbles<S>(this->Block(b), this->part, w);
  }
};

template <class S>
struct Codes<S, WeightType::kQ5_K> : SuperBlock<S, WeightType::kQ5_K, 0, 1, true> {
  using F = typename S::F;
  Sixes<S> sixes;
  MOEBENCH_INLINE Codes(const std::byte* chunk_, int part_)
      : SuperBlock<S, WeightType::kQ5_K, 0, 1, true>(chunk_, part_), sixes(chunk_ + 64) {}
  MOEBENCH_INLINE F Scale(int b, int) const { return sixes.Row(b, this->part) * this->d; }
  MOEBENCH_INLINE F MinusMin(int b, int) const {
    return sixes.Row(b + 8, this->part) * this->minus_dmin;
  }
  MOEBENCH_INLINE void Weights(int b, typename S::U8* w) const {
    Nibbles<S>(this->Block(b), this->part, w);
    AddFifthBit<S>(this->Block(b) + 256, this->part, w);
  }
};

template <class S>
struct Codes<S, WeightType::kQ6_K> : SuperBlock<S, WeightType::kQ6_K, 32, 2, false> {
  using F = typename S::F;
  using SuperBlock<S, WeightType::kQ6_K, 32, 2, false>::SuperBlock;
  MOEBENCH_INLINE F Scale(int b, int half) const {
    return S::WidenS8(this->chunk + 64 + (2 * b + half) * 16 + this->part * S::kLanes) * this->d;
  }
  MOEBENCH_INLINE void Weights(int b, typename S::U8* w) const {
    Nibbles<S>(this->Block(b), this->part, w);
    AddFifthAndSixthBit<S>(this->Block(b) + 256, this->part, w);
  }
};

template <class S>
struct Codes<S, WeightType::kQ3_K> : SuperBlock<S, WeightType::kQ3_K, 4, 2, false> {
  using F = typename S::F;
  Sixes<S> sixes;
  MOEBENCH_INLINE Codes(const std::byte* chunk_, int part_)
      : SuperBlock<S, WeightType::kQ3_K, 4, 2, false>(chunk_, part_), sixes(chunk_ + 64) {}
  MOEBENCH_INLINE F Scale(int b, int half) const {
    return (sixes.Row(2 * b + half, this->part) - 32.0f) * this->d;
  }
  MOEBENCH_INLINE void Weights(int b, typename S::U8* w) const {
    TwoBits<S>(this->Block(b), this->part, w);
    AddThirdBit<S>(this->Block(b) + 128, this->part, w);
  }
};

template <class S>
struct Codes<S, WeightType::kQ2_K> : SuperBlock<S, WeightType::kQ2_K, 0, 2, true> {
  using F = typename S::F;
  alignas(64) uint8_t scale[256], min[256];
  MOEBENCH_INLINE Codes(const std::byte* chunk_, int part_)
      : SuperBlock<S, WeightType::kQ2_K, 0, 2, true>(chunk_, part_) {
    for (int at = 0; at < 256; at += S::kBytes) {
      const typename S::U8 v = LoadBytes<S>(chunk_ + 64 + at);
      const typename S::U8 low = v & 15, high = Right<S, 4>(v) & 15;
      __builtin_memcpy(scale + at, &low, sizeof low);
      __builtin_memcpy(min + at, &high, sizeof high);
    }
  }
  MOEBENCH_INLINE F Scale(int b, int half) const {
    return S::WidenU8(scale + (2 * b + half) * 16 + this->part * S::kLanes) * this->d;
  }
  MOEBENCH_INLINE F MinusMin(int b, int half) const {
    return S::WidenU8(min + (2 * b + half) * 16 + this->part * S::kLanes) * this->minus_dmin;
  }
  MOEBENCH_INLINE void Weights(int b, typename S::U8* w) const {
    TwoBits<S>(this->Block(b), this->part, w);
  }
};

template <class S>
struct Codes<S, WeightType::kIQ4_XS> : SuperBlock<S, WeightType::kIQ4_XS, 128, 1, false> {
  using F = typename S::F;
  using SuperBlock<S, WeightType::kIQ4_XS, 128, 1, false>::SuperBlock;
  MOEBENCH_INLINE F Scale(int b, int) const {
    return S::WidenS8(this->chunk + 64 + b * 16 + this->part * S::kLanes) * this->d;
  }
  MOEBENCH_INLINE void Weights(int b, typename S::U8* w) const {
    Nibbles<S>(this->Block(b), this->part, w);
    for (int g = 0; g < 8; ++g) w[g] = S::Lookup(kIq4Table, w[g]);
  }
};

}  // namespace
}  // namespace moebench
