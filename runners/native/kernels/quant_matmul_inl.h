// Products of packed quantised weights with s8 activations, compiled for each instruction set.
// Integer sums within a block are exact, and the f32 operations come in the same order for every
// number of rows and every instruction set, so all give the same bits.
#pragma once

#include "runners/native/kernels/activation_block.h"
#include "runners/native/kernels/quant_decode_inl.h"

namespace moebench {
namespace {

// The cpu's own prefetching stops at pages and falls behind a kernel that also computes; 2 KiB
// ahead was the best of fourteen patterns (README.md), but for the few rows of Q8_0 that need
// little arithmetic for their many bytes.
constexpr std::ptrdiff_t kPrefetchBytes = 2048;

// The integer dot product of one block, or of one half of it, with the codes of so many rows.
template <class S, int zero, int first, int last>
MOEBENCH_INLINE typename S::F DotOf(const typename S::U8* w, const ActivationBlock& x,
                                    int32_t minus_sum) {
  typename S::I even = S::template Start<zero>(minus_sum), odd = {};
  for (int g = first; g < last; g += 2) {
    even = S::template Dot4<zero>(even, w[g], x.q + g * 4);
    odd = S::template Dot4<zero>(odd, w[g + 1], x.q + g * 4 + 4);
  }
  return S::ToFloat(even + odd);
}

// One part of one tile with `rows_x` rows of x, whose blocks are `stride` apart.
template <class S, WeightType type, int rows_x>
MOEBENCH_INLINE void QuantTilePart(const std::byte* chunk, int part, int blocks,
                                   const ActivationBlock* x, int stride, int rows_w, float* y,
                                   std::ptrdiff_t ldy) {
  using C = Codes<S, type>;
  using F = typename S::F;
  constexpr QuantLayout kLayout = QuantLayoutOf(type);
  F sum[rows_x];
  for (int m = 0; m < rows_x; ++m) sum[m] = F{};
  for (; blocks > 0; blocks -= kLayout.chunk_blocks) {
    const C codes(chunk, part);
    const int here = blocks < kLayout.chunk_blocks ? blocks : kLayout.chunk_blocks;
    for (int b = 0; b < here; ++b, x += stride) {
      typename S::U8 w[8];
      if constexpr (S::kBytes == 64 && (rows_x > 4 || type != WeightType::kQ8_0)) {
        const std::byte* ahead =
            chunk + kLayout.header_bytes + b * kLayout.block_bytes + kPrefetchBytes;
        for (int i = 0; i < kLayout.block_bytes; i += 64) __builtin_prefetch(ahead + i);
      }
      codes.Weights(b, w);
      if constexpr (C::kHalves == 1) {
        const F scale = codes.Scale(b, 0);
        for (int m = 0; m < rows_x; ++m) {
          const F dot = DotOf<S, C::kZero, 0, 8>(w, x[m], x[m].minus_sum);
          sum[m] = S::Fma(dot, scale * x[m].d, sum[m]);
        }
        if constexpr (C::kMin) {
          const F min = codes.MinusMin(b, 0);
          for (int m = 0; m < rows_x; ++m) sum[m] = S::Fma(min, S::Broadcast(x[m].d_sum), sum[m]);
        }
      } else {
        const F scale[2] = {codes.Scale(b, 0), codes.Scale(b, 1)};
        for (int m = 0; m < rows_x; ++m) {
          const F low = DotOf<S, C::kZero, 0, 4>(w, x[m], x[m].minus_half[0]);
          const F high = DotOf<S, C::kZero, 4, 8>(w, x[m], x[m].minus_half[1]);
          // The scale of the activations last: it is common to both halves.
          sum[m] = S::Fma(S::Fma(high, scale[1], low * scale[0]), S::Broadcast(x[m].d), sum[m]);
        }
        if constexpr (C::kMin) {
          const F min[2] = {codes.MinusMin(b, 0), codes.MinusMin(b, 1)};
          for (int m = 0; m < rows_x; ++m) {
            sum[m] = S::Fma(min[0], S::Broadcast(x[m].d_half[0]), sum[m]);
            sum[m] = S::Fma(min[1], S::Broadcast(x[m].d_half[1]), sum[m]);
          }
        }
      }
    }
    chunk += kLayout.header_bytes + kLayout.chunk_blocks * kLayout.block_bytes;
  }
  for (int m = 0; m < rows_x; ++m) S::StoreRows(y + m * ldy, sum[m], rows_w);
}

template <class S, WeightType type, int rows_x>
void QuantTile(const std::byte* tile, int blocks, const ActivationBlock* x, int stride, int rows_w,
               float* y, std::ptrdiff_t ldy) {
  for (int part = 0; part < 64 / S::kBytes; ++part) {
    const int first = part * S::kLanes;
    if (first >= rows_w) return;
    QuantTilePart<S, type, rows_x>(tile, part, blocks, x, stride, rows_w - first, y + first, ldy);
  }
}

template <class S, WeightType type>
void QuantTileRows(const std::byte* tile, int blocks, const ActivationBlock* x, int rows_x,
                   int stride, int rows_w, float* y, std::ptrdiff_t ldy) {
  if constexpr (S::kMostRows >= 8) {
    switch (rows_x) {
      case 8:
        return QuantTile<S, type, 8>(tile, blocks, x, stride, rows_w, y, ldy);
      case 7:
        return QuantTile<S, type, 7>(tile, blocks, x, stride, rows_w, y, ldy);
      case 6:
        return QuantTile<S, type, 6>(tile, blocks, x, stride, rows_w, y, ldy);
      case 5:
        return QuantTile<S, type, 5>(tile, blocks, x, stride, rows_w, y, ldy);
    }
  }
  if constexpr (S::kMostRows >= 4) {
    switch (rows_x) {
      case 4:
        return QuantTile<S, type, 4>(tile, blocks, x, stride, rows_w, y, ldy);
      case 3:
        return QuantTile<S, type, 3>(tile, blocks, x, stride, rows_w, y, ldy);
      case 2:
        return QuantTile<S, type, 2>(tile, blocks, x, stride, rows_w, y, ldy);
    }
  }
  QuantTile<S, type, 1>(tile, blocks, x, stride, rows_w, y, ldy);
}

template <class S, WeightType type>
void MatMulQuant(PackedSlice w, const ActivationBlock* x, int n_x, float* y, std::ptrdiff_t ldy) {
  const int blocks = w.cols / kQuantBlock;
  const std::ptrdiff_t tile_bytes = QuantLayoutOf(type).TileBytes(w.cols);
  constexpr int kRowsAtOnce = 64;  // so many rows of x stay in the second-level cache
  for (int begin = 0; begin < n_x; begin += kRowsAtOnce) {
    const int end = n_x - begin < kRowsAtOnce ? n_x : begin + kRowsAtOnce;
    const std::byte* tile = w.tiles;
    for (int row = 0; row < w.rows; row += kTileRows, tile += tile_bytes) {
      for (int m = begin; m < end; m += kPanelRows) {
        const ActivationBlock* panel = x + std::ptrdiff_t{m} * blocks;
        const int here = end - m < kPanelRows ? end - m : kPanelRows;
        for (int i = 0; i < here; i += S::kMostRows) {
          const int rows = here - i < S::kMostRows ? here - i : S::kMostRows;
          QuantTileRows<S, type>(tile, blocks, panel + i, rows, here, w.rows - row,
                                 y + (m + i) * ldy + row, ldy);
        }
      }
    }
  }
}

template <class S>
void FillQuantised(KernelTable& table) {
  const auto set = [&](WeightType type, KernelTable::MatMulQuantised f) {
    table.matmul_quantised[static_cast<int>(type)] = f;
  };
  set(WeightType::kQ8_0, MatMulQuant<S, WeightType::kQ8_0>);
  set(WeightType::kQ4_0, MatMulQuant<S, WeightType::kQ4_0>);
  set(WeightType::kQ4_1, MatMulQuant<S, WeightType::kQ4_1>);
  set(WeightType::kQ5_0, MatMulQuant<S, WeightType::kQ5_0>);
  set(WeightType::kQ5_1, MatMulQuant<S, WeightType::kQ5_1>);
  set(WeightType::kIQ4_NL, MatMulQuant<S, WeightType::kIQ4_NL>);
  set(WeightType::kMXFP4, MatMulQuant<S, WeightType::kMXFP4>);
  set(WeightType::kQ2_K, MatMulQuant<S, WeightType::kQ2_K>);
  set(WeightType::kQ3_K, MatMulQuant<S, WeightType::kQ3_K>);
  set(WeightType::kQ4_K, MatMulQuant<S, WeightType::kQ4_K>);
  set(WeightType::kQ5_K, MatMulQuant<S, WeightType::kQ5_K>);
  set(WeightType::kQ6_K, MatMulQuant<S, WeightType::kQ6_K>);
  set(WeightType::kIQ4_XS, MatMulQuant<S, WeightType::kIQ4_XS>);
}

}  // namespace
}  // namespace moebench
