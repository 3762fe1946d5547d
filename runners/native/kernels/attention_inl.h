// The online softmax around the products of attention_products_inl.h; compiled for each instruction
// set by attention_scalar.cc, attention_avx2.cc and attention_avx512.cc, which define its
// primitives.
#pragma once

#include "runners/native/kernels/attention_products_inl.h"

namespace moebench {
namespace {

// 2^x for x <= 0 within two units in the last place; exactly 1 at 0, at least 2^-126, NaN stays
// NaN. Polynomial: Cephes exp2f (S. Moshier).
MOEBENCH_INLINE Floats Exp2(Floats x) {
  const Floats lowest = Floats{} - 126.0f;
  x = x < lowest ? lowest : x;
  constexpr float kMagic = 12582912.0f;  // 1.5 x 2^23: the sum's lowest bits are round(x)
  const Floats shifted = x + kMagic;
  const Floats r = x - (shifted - kMagic);
  Floats p = r * 1.535336188319500e-4f + 1.339887440266574e-3f;
  p = p * r + 9.618437357674640e-3f;
  p = p * r + 5.550332471162809e-2f;
  p = p * r + 2.402264791363012e-1f;
  p = p * r + 6.931472028550421e-1f;
  p = p * r + 1.0f;
  const Ints power = ((Ints)shifted << 23) + 0x3f800000;  // 2^round(x)
  return p * (Floats)power;
}

// Turns the scores of one row over a block into weights, and gives their sums by lanes. Positions
// outside of [first, last), counted from the block's first one, weigh nothing.
MOEBENCH_INLINE Floats WeightsOf(float* p, int first, int last, float& largest) {
  constexpr int kVectors = kAttentionBlock / kWidth;
  const Floats none = Floats{} + kNoScore;
  const bool all = first <= 0 && last >= kAttentionBlock;
  Floats v[kVectors];
  Ints seen[kVectors];
  for (int i = 0; i < kVectors; ++i) {
    v[i] = LoadFloats(p + i * kWidth);
    if (all) continue;
    const Ints at = LaneNumbers() + i * kWidth;
    seen[i] = (at >= first) & (at < last);
    v[i] = seen[i] ? v[i] : none;
  }
  Floats most = v[0];
  for (int i = 1; i < kVectors; ++i) most = Larger(most, v[i]);
  largest = LargestOf(most);
  Floats sum{};
  for (int i = 0; i < kVectors; ++i) {
    v[i] = Exp2(v[i] - largest);
    if (!all) v[i] = seen[i] ? v[i] : Floats{};
    StoreFloats(p + i * kWidth, v[i]);
    sum += v[i];
  }
  return sum;
}

template <typename Products, int rows>
void AttendRows(const KvShape& shape, const KvHead& head, const QueryTile& tile, int begin, int end,
                float* state) {
  const std::ptrdiff_t key_bytes = KeyGroupBytes(shape), value_bytes = ValueGroupBytes(shape);
  BlockWeights weights;
  for (int from = begin; from < end; from += kAttentionBlock) {
    int first = end, last = begin;
    for (int r = 0; r < tile.rows; ++r) {
      first = tile.first[r] < first ? tile.first[r] : first;
      last = tile.last[r] > last ? tile.last[r] : last;
    }
    last = last < end ? last : end;
    if (first >= from + kAttentionBlock || last <= from) continue;
    const std::ptrdiff_t group = from / kKvGroup;
    const int left = last - from;
    const KvBlock block{head.keys + group * key_bytes, head.values + group * value_bytes,
                        left < kAttentionBlock ? left : kAttentionBlock,
                        head.keys + (group + kAttentionBlock / kKvGroup) * key_bytes};
    Products::template Scores<rows>(shape, block, tile.packed, weights);
    float largest[kStateSums] = {};
    Floats sums[rows];
    weights.all = true;
    for (int r = 0; r < rows; ++r) {
      const int row_last = tile.last[r] < last ? tile.last[r] : last;
      weights.all &=
          r >= tile.rows || (tile.first[r] <= from && row_last >= from + kAttentionBlock);
      sums[r] = WeightsOf(weights.p[r], tile.first[r] - from, row_last - from, largest[r]);
    }
    for (int r = 0; r < rows; r += kWidth) {
      const Floats before = LoadFloats(state + r), of_block = LoadFloats(largest + r);
      const Floats after = Larger(before, of_block);
      StoreFloats(weights.keep + r, Exp2(before - after));
      StoreFloats(weights.add + r, Exp2(of_block - after));
      StoreFloats(state + r, after);
    }
    for (int r = 0; r < rows; ++r) {
      float* sum = state + kStateSums + r * kStateSums;
      StoreFloats(sum, LoadFloats(sum) * weights.keep[r] + sums[r] * weights.add[r]);
    }
    Products::template Values<rows>(shape, block, weights, state + kStateOut);
  }
}

template <typename Products>
void AttendTile(const KvShape& shape, const KvHead& head, const QueryTile& tile, int begin, int end,
                float* state) {
  switch (tile.rows) {
    case 1:
      return AttendRows<Products, 1>(shape, head, tile, begin, end, state);
    case 2:
      return AttendRows<Products, 2>(shape, head, tile, begin, end, state);
    case 3:
    case 4:
      return AttendRows<Products, 4>(shape, head, tile, begin, end, state);
    case 5:
    case 6:
      return AttendRows<Products, 6>(shape, head, tile, begin, end, state);
    default:
      return AttendRows<Products, 8>(shape, head, tile, begin, end, state);
  }
}

void AttendKv(const KvShape& shape, const KvHead& head, const QueryTile& tile, int begin, int end,
              float* state) {
  switch (shape.type) {
    case KvType::kF32:
      return AttendTile<FloatProducts<F32Cache>>(shape, head, tile, begin, end, state);
    case KvType::kF16:
      return AttendTile<FloatProducts<F16Cache>>(shape, head, tile, begin, end, state);
    case KvType::kQ8_0:
      return AttendTile<Q8Products>(shape, head, tile, begin, end, state);
  }
}

// 2^x of one number, for x <= 0.
MOEBENCH_INLINE float Exp2Of(float x) { return Exp2(Floats{} + x)[0]; }

void MergeStates(const RowStates& row, const KvShape& shape, float* out) {
  const float sink = row.sink == nullptr ? kNoScore : *row.sink * 1.44269504088896341f;
  float largest = sink;
  for (int i = 0; i < row.count; ++i) {
    const float max = row.states[i * row.stride + row.row];
    largest = max > largest ? max : largest;
  }
  const int columns = ValueChunks(shape) * kKvChunk;
  float sum = row.sink == nullptr ? 0.0f : Exp2Of(sink - largest);
  float weights[kMostStates];
  for (int i = 0; i < row.count; ++i) {
    const float* state = row.states + i * row.stride;
    weights[i] = Exp2Of(state[row.row] - largest);
    sum += weights[i] * SumOf(LoadFloats(state + kStateSums + row.row * kStateSums));
  }
  const float inverse = sum == 0 ? 0.0f : 1.0f / sum;
  for (int c = 0; c < shape.value_dim; c += kWidth) {
    const float* of_row = row.states + kStateOut + row.row * columns + c;
    Floats total{};
    for (int i = 0; i < row.count; ++i) total += LoadFloats(of_row + i * row.stride) * weights[i];
    total *= inverse;
    const int left = shape.value_dim - c;
    if (left >= kWidth) {
      StoreFloats(out + c, total);
    } else {
      for (int i = 0; i < left; ++i) out[c + i] = total[i];
    }
  }
}

constexpr AttentionKernels kAttentionKernels{StoreKv, PackQuery, AttendKv, MergeStates};

}  // namespace
}  // namespace moebench
