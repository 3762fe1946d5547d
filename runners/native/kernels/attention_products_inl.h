// The two products of attention over one block of positions, for each kind of cache: queries with
// keys, and the softmax's weights with values. Compiled for each instruction set.
#pragma once

#include "runners/native/kernels/kv_store_inl.h"

namespace moebench {
namespace {

// Vectors as wide as the registers: the including file says how many floats one holds (kWidth), how
// many accumulators fit the registers (kAccumulators), and whether AddDot4 takes keys with their
// +128 (kDotsOfOffsetKeys) or takes it off.
typedef float Floats __attribute__((vector_size(kWidth * 4)));
typedef int32_t Ints __attribute__((vector_size(kWidth * 4)));
typedef int16_t Shorts __attribute__((vector_size(kWidth * 4)));      // twice as many
typedef int16_t HalfShorts __attribute__((vector_size(kWidth * 2)));  // as many
typedef uint8_t Bytes __attribute__((vector_size(kWidth * 4)));       // four times as many

// Defined by the including file.
MOEBENCH_INLINE Floats WidenHalves(const std::byte* p);  // kWidth of binary16
MOEBENCH_INLINE Shorts WidenS8(const std::byte* p);      // 2 kWidth of them
// sum[i] + the products of keys[4 i], ..., keys[4 i + 3] with the four s8 in `query`.
MOEBENCH_INLINE Ints AddDot4(Ints sum, Bytes keys, int32_t query);
// sum[i] + the products of values[2 i], values[2 i + 1] with the two s16 in `weights`.
MOEBENCH_INLINE Ints AddDot2(Ints sum, Shorts values, int32_t weights);

template <typename T>
MOEBENCH_INLINE T LoadAs(const void* p) {
  T v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
MOEBENCH_INLINE Floats LoadFloats(const float* p) { return LoadAs<Floats>(p); }
MOEBENCH_INLINE void StoreFloats(float* p, Floats v) { __builtin_memcpy(p, &v, sizeof v); }
MOEBENCH_INLINE Floats Larger(Floats a, Floats b) { return a > b ? a : b; }
MOEBENCH_INLINE Ints LaneNumbers() {
  Ints lanes{};
  for (int i = 0; i < kWidth; ++i) lanes[i] = i;
  return lanes;
}
MOEBENCH_INLINE float LargestOf(Floats v) {
  const Ints lanes = LaneNumbers();
  for (int step = kWidth / 2; step > 0; step /= 2) {
    v = Larger(v, __builtin_shuffle(v, lanes ^ step));
  }
  return v[0];
}
MOEBENCH_INLINE float SumOf(Floats v) {
  const Ints lanes = LaneNumbers();
  for (int step = kWidth / 2; step > 0; step /= 2) v += __builtin_shuffle(v, lanes ^ step);
  return v[0];
}

// Rows of a tile that are computed together, and vectors for each of them, so that the
// accumulators stay in registers.
constexpr int RowsTogether(int rows, int accumulators) {
  int together = rows;
  while (together > accumulators || rows % together != 0) --together;
  return together;
}
constexpr int VectorsTogether(int rows, int most, int accumulators) {
  return rows * most <= accumulators || most == 1 ? most
                                                  : VectorsTogether(rows, most / 2, accumulators);
}

// One block of positions of one head, as seen from its first position.
struct KvBlock {
  const std::byte* keys;
  const std::byte* values;
  int count;  // positions in it, 1..64
  const std::byte* next_keys;
};
struct BlockWeights {                       // of the softmax
  float p[kTileQueries][kAttentionBlock];   // scores, then 2^(score - the block's largest)
  float keep[kStateSums], add[kStateSums];  // out = out x keep + (p V) x add
  bool all;                                 // every row sees every position
};

// Each product fetches what the next one reads into the second level cache, as much at a time as it
// reads itself (EPYC Genoa, f16 at depth 16k: 1.65 times as fast; into the first level 1.5 times,
// and prefill the slower for it).
template <int bytes>
MOEBENCH_INLINE void Fetch(const std::byte*& ahead) {
  for (int i = 0; i < bytes; i += 64) __builtin_prefetch(ahead + i, 0, 2);
  ahead += bytes;
}

struct F32Cache {
  static constexpr int kBytes = 4;
  MOEBENCH_INLINE static Floats Widen(const std::byte* p) { return LoadAs<Floats>(p); }
};
struct F16Cache {
  static constexpr int kBytes = 2;
  MOEBENCH_INLINE static Floats Widen(const std::byte* p) { return WidenHalves(p); }
};

template <typename Element>
struct FloatProducts {
  template <int rows>
  MOEBENCH_INLINE static void Scores(const KvShape& shape, const KvBlock& block,
                                     const std::byte* packed, BlockWeights& weights) {
    constexpr int kRows = RowsTogether(rows, kAccumulators);
    constexpr int kVectors = VectorsTogether(kRows, 4, kAccumulators);
    const float* queries = reinterpret_cast<const float*>(packed);
    const std::ptrdiff_t group_bytes = KeyGroupBytes(shape);
    const std::byte* ahead = block.values;
    for (int first = 0; first < block.count; first += kVectors * kWidth) {
      const std::byte* keys[kVectors];
      for (int v = 0; v < kVectors; ++v) {
        const int at = first + v * kWidth;
        keys[v] = block.keys + at / kKvGroup * group_bytes + at % kKvGroup * Element::kBytes;
      }
      for (int row = 0; row < rows; row += kRows) {
        Floats sum[kRows][kVectors] = {};
        for (std::ptrdiff_t i = 0; i < shape.key_dim; ++i) {
          const float* q = queries + i * kTileQueries + row;
          Fetch<kVectors * kWidth * Element::kBytes>(ahead);
          for (int v = 0; v < kVectors; ++v) {
            const Floats k = Element::Widen(keys[v] + i * (kKvGroup * Element::kBytes));
            for (int r = 0; r < kRows; ++r) sum[r][v] += k * q[r];
          }
        }
        for (int r = 0; r < kRows; ++r) {
          for (int v = 0; v < kVectors; ++v) {
            StoreFloats(weights.p[row + r] + first + v * kWidth, sum[r][v]);
          }
        }
      }
    }
  }

  template <int rows>
  MOEBENCH_INLINE static void Values(const KvShape& shape, const KvBlock& block,
                                     const BlockWeights& weights, float* out) {
    constexpr int kRows = RowsTogether(rows, kAccumulators);
    constexpr int kVectors = VectorsTogether(kRows, 2, kAccumulators);
    constexpr std::ptrdiff_t kRowBytes = kKvChunk * Element::kBytes;
    const int columns = ValueChunks(shape) * kKvChunk;
    const std::ptrdiff_t group_bytes = ValueGroupBytes(shape);
    const std::byte* ahead = block.next_keys;
    for (int column = 0; column < columns; column += kVectors * kWidth) {
      const std::byte* of_column = block.values + column / kKvChunk * (kKvGroup * kRowBytes) +
                                   column % kKvChunk * Element::kBytes;
      for (int row = 0; row < rows; row += kRows) {
        Floats sum[kRows][kVectors] = {};
        for (int first = 0; first < block.count; first += kKvGroup) {
          const std::byte* values = of_column + first / kKvGroup * group_bytes;
          const int here = block.count - first < kKvGroup ? block.count - first : kKvGroup;
          for (int i = 0; i < here; ++i, values += kRowBytes) {
            Fetch<kVectors * kWidth * Element::kBytes>(ahead);
            for (int v = 0; v < kVectors; ++v) {
              const Floats value = Element::Widen(values + v * (kWidth * Element::kBytes));
              for (int r = 0; r < kRows; ++r) sum[r][v] += value * weights.p[row + r][first + i];
            }
          }
        }
        for (int r = 0; r < kRows; ++r) {
          float* to = out + (row + r) * columns + column;
          for (int v = 0; v < kVectors; ++v, to += kWidth) {
            StoreFloats(to,
                        LoadFloats(to) * weights.keep[row + r] + sum[r][v] * weights.add[row + r]);
          }
        }
      }
    }
  }
};

struct Q8Products {
  // Whole numbers: exact but for the query's own quantisation.
  template <int rows>
  MOEBENCH_INLINE static void Scores(const KvShape& shape, const KvBlock& block,
                                     const std::byte* packed, BlockWeights& weights) {
    constexpr int kRows = RowsTogether(rows, kAccumulators / 2);
    const PackedQ8Queries queries = Q8Queries(shape, packed);
    const std::byte* ahead = block.values;
    for (int first = 0; first < block.count; first += kWidth) {
      const int within = first % kKvGroup;
      const std::byte* scales = block.keys + first / kKvGroup * KeyGroupBytes(shape) + within * 2;
      const std::byte* quants = scales + shape.key_dim + within * 2;
      for (int row = 0; row < rows; row += kRows) {
        Floats sum[kRows] = {};
        for (int b = 0; b < shape.key_dim / kKvChunk; ++b) {
          Ints dot[kRows];
          for (int r = 0; r < kRows; ++r) {
            dot[r] = Ints{};
            if (kDotsOfOffsetKeys) dot[r] += queries.bias[b * kTileQueries + row + r];
          }
          for (int i = b * 8; i < b * 8 + 8; ++i) {
            const Bytes keys = LoadAs<Bytes>(quants + i * (kKvGroup * 4));
            Fetch<kWidth * 4>(ahead);
            for (int r = 0; r < kRows; ++r) {
              dot[r] = AddDot4(dot[r], keys,
                               LoadAs<int32_t>(queries.quants + (i * kTileQueries + row + r) * 4));
            }
          }
          const Floats scale = WidenHalves(scales + b * (kKvGroup * 2));
          for (int r = 0; r < kRows; ++r) {
            sum[r] += __builtin_convertvector(dot[r], Floats) *
                      (scale * queries.scales[b * kTileQueries + row + r]);
          }
        }
        for (int r = 0; r < kRows; ++r) StoreFloats(weights.p[row + r] + first, sum[r]);
      }
    }
  }

  // The weights times the values' scales as whole numbers of 15 bits, relative to the largest scale
  // that the row sees in the block; the sum over 64 positions stays below 64 x 32767 x 127 < 2^28.
  template <int rows>
  MOEBENCH_INLINE static void Values(const KvShape& shape, const KvBlock& block,
                                     const BlockWeights& weights, float* out) {
    constexpr int kRows = RowsTogether(rows, kAccumulators);
    constexpr int kVectors = VectorsTogether(kRows, 2, kAccumulators);
    const int chunks = ValueChunks(shape), columns = chunks * kKvChunk;
    const std::ptrdiff_t group_bytes = ValueGroupBytes(shape);
    int16_t fixed[rows][kAttentionBlock];
    const std::byte* ahead = block.next_keys;
    for (int chunk = 0; chunk < chunks; ++chunk) {
      float largest[rows];
      Fix<rows>(shape, block, weights, chunk, fixed, largest);
      const std::byte* of_chunk = block.values + columns + chunk * (kKvGroup * kKvChunk);
      for (int column = 0; column < kKvChunk; column += kVectors * kWidth) {
        for (int row = 0; row < rows; row += kRows) {
          Ints sum[kRows][kVectors] = {};
          for (int first = 0; first < block.count; first += kKvGroup) {
            const std::byte* pairs = of_chunk + first / kKvGroup * group_bytes + column * 2;
            for (int i = 0; i < kKvGroup; i += 2, pairs += 2 * kKvChunk) {
              Fetch<kVectors * 2 * kWidth>(ahead);
              for (int v = 0; v < kVectors; ++v) {
                const Shorts values = WidenS8(pairs + v * 2 * kWidth);
                for (int r = 0; r < kRows; ++r) {
                  sum[r][v] =
                      AddDot2(sum[r][v], values, LoadAs<int32_t>(&fixed[row + r][first + i]));
                }
              }
            }
          }
          for (int r = 0; r < kRows; ++r) {
            float* to = out + (row + r) * columns + chunk * kKvChunk + column;
            const float add = weights.add[row + r] * (largest[row + r] / 32767.0f);
            for (int v = 0; v < kVectors; ++v, to += kWidth) {
              StoreFloats(to, LoadFloats(to) * weights.keep[row + r] +
                                  __builtin_convertvector(sum[r][v], Floats) * add);
            }
          }
        }
      }
    }
  }

 private:
  // largest: scales, which are not numbers if one of them isn't.
  template <int rows>
  MOEBENCH_INLINE static void Fix(const KvShape& shape, const KvBlock& block,
                                  const BlockWeights& weights, int chunk,
                                  int16_t (&fixed)[rows][kAttentionBlock], float (&largest)[rows]) {
    constexpr int kVectors = kAttentionBlock / kWidth;
    Floats scales[kVectors] = {}, most{}, sum{};
    for (int v = 0; v * kWidth < block.count; ++v) {
      const int at = v * kWidth;
      scales[v] = WidenHalves(block.values + at / kKvGroup * ValueGroupBytes(shape) +
                              chunk * (kKvGroup * 2) + at % kKvGroup * 2);
      if (block.count - at < kWidth) {  // what is older there weighs nothing
        scales[v] = LaneNumbers() < block.count - at ? scales[v] : Floats{};
      }
      most = Larger(most, scales[v]);
      sum += scales[v];
    }
    const float not_finite = 0.0f * SumOf(sum);
    const float of_all = LargestOf(most) + not_finite;
    for (int r = 0; r < rows; ++r) {
      largest[r] = of_all;
      if (!weights.all) {  // a position that is seen has a weight
        most = Floats{};
        for (int v = 0; v < kVectors; ++v) {
          const Floats p = LoadFloats(weights.p[r] + v * kWidth);
          most = Larger(most, p > Floats{} ? scales[v] : Floats{});
        }
        largest[r] = LargestOf(most) + not_finite;
      }
      const float inverse = largest[r] != 0 ? 32767.0f / largest[r] : 0.0f;
      for (int v = 0; v < kVectors; ++v) {
        const Floats whole = LoadFloats(weights.p[r] + v * kWidth) * (scales[v] * inverse) + 0.5f;
        const HalfShorts narrow =
            __builtin_convertvector(__builtin_convertvector(whole, Ints), HalfShorts);
        __builtin_memcpy(&fixed[r][v * kWidth], &narrow, sizeof narrow);
      }
    }
  }
};

}  // namespace
}  // namespace moebench
