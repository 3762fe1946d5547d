// Products with 32- and 16-bit weights in packed tiles, for few rows of x; compiled for each
// instruction set like vector_ops_inl.h. Accumulates in f32; x is not rounded.
#pragma once

#include "runners/native/kernels/quant_matmul_inl.h"
#include "runners/native/kernels/tile_layout.h"
#include "runners/native/kernels/vector_ops_inl.h"

namespace moebench {
namespace {

F32x16 WidenF16(const std::byte* p);  // 16 halves; defined by the including file

struct F32Weights {
  static constexpr int kBytes = 4;
  MOEBENCH_INLINE static F32x16 Load16(const std::byte* p) {
    F32x16 v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
  }
};
struct F16Weights {
  static constexpr int kBytes = 2;
  MOEBENCH_INLINE static F32x16 Load16(const std::byte* p) { return WidenF16(p); }
};
struct Bf16Weights {
  static constexpr int kBytes = 2;
  MOEBENCH_INLINE static F32x16 Load16(const std::byte* p) {
    typedef uint16_t U16x16 __attribute__((vector_size(32)));
    typedef uint32_t U32x16 __attribute__((vector_size(64)));
    U16x16 halves;
    __builtin_memcpy(&halves, p, sizeof halves);
    return (F32x16)(__builtin_convertvector(halves, U32x16) << 16);
  }
};

MOEBENCH_INLINE void StoreRows(float* y, F32x16 v, int rows) {
  if (rows >= kLanes) {
    Store(y, v);
  } else {
    StorePart(y, v, rows);
  }
}

// One tile [cols][width * 16] with `rows_x` rows of x. Even and odd inputs are summed apart: that
// hides the latency of the addition, and being the same for every shape it keeps results
// independent of how rows are split over threads.
template <typename Weights, int width, int rows_x>
MOEBENCH_INLINE void TileProduct(const std::byte* tile, int rows_w, int cols, const float* x,
                                 std::ptrdiff_t ldx, float* y, std::ptrdiff_t ldy) {
  constexpr int kSums = 2;
  constexpr int kStep = width * kLanes * Weights::kBytes;
  F32x16 sum[kSums][rows_x][width] = {};
  int c = 0;
  for (; c + kSums <= cols; c += kSums) {
    for (int s = 0; s < kSums; ++s, tile += kStep) {
      for (int v = 0; v < width; ++v) {
        const F32x16 w = Weights::Load16(tile + v * kLanes * Weights::kBytes);
        for (int m = 0; m < rows_x; ++m) sum[s][m][v] += w * x[m * ldx + c + s];
      }
    }
  }
  for (; c < cols; ++c, tile += kStep) {
    for (int v = 0; v < width; ++v) {
      const F32x16 w = Weights::Load16(tile + v * kLanes * Weights::kBytes);
      for (int m = 0; m < rows_x; ++m) sum[0][m][v] += w * x[m * ldx + c];
    }
  }
  for (int m = 0; m < rows_x; ++m) {
    for (int v = 0; v < width; ++v) {
      for (int s = 1; s < kSums; ++s) sum[0][m][v] += sum[s][m][v];
      if (v * kLanes < rows_w)
        StoreRows(y + m * ldy + v * kLanes, sum[0][m][v], rows_w - v * kLanes);
    }
  }
}

template <typename Weights, int width>
void TilesProduct(PackedSlice w, const float* x, std::ptrdiff_t ldx, int n_x, float* y,
                  std::ptrdiff_t ldy) {
  const std::ptrdiff_t tile_bytes =
      std::ptrdiff_t{(w.cols + 15) / 16 * 16} * width * kLanes * Weights::kBytes;
  const std::byte* tile = w.tiles;
  for (int row = 0; row < w.rows; row += width * kLanes, tile += tile_bytes) {
    const int rows = w.rows - row;
    int m = 0;
    for (; m + 2 <= n_x; m += 2) {
      TileProduct<Weights, width, 2>(tile, rows, w.cols, x + m * ldx, ldx, y + m * ldy + row, ldy);
    }
    if (m < n_x) {
      TileProduct<Weights, width, 1>(tile, rows, w.cols, x + m * ldx, ldx, y + m * ldy + row, ldy);
    }
  }
}

template <typename Weights>
void MatMulFloat(PackedSlice w, const float* x, std::ptrdiff_t ldx, int n_x, float* y,
                 std::ptrdiff_t ldy) {
  switch (w.tile_rows / kLanes) {
    case 1:
      return TilesProduct<Weights, 1>(w, x, ldx, n_x, y, ldy);
    case 2:
      return TilesProduct<Weights, 2>(w, x, ldx, n_x, y, ldy);
    case 3:
      return TilesProduct<Weights, 3>(w, x, ldx, n_x, y, ldy);
    default:
      return TilesProduct<Weights, 4>(w, x, ldx, n_x, y, ldy);
  }
}

template <class S>
KernelTable TableOf(IsaLevel isa) {
  KernelTable table = {.isa = isa,
                       .quantise = Quantise,
                       .matmul_quantised = {},
                       .matmul_f32 = MatMulFloat<F32Weights>,
                       .matmul_f16 = MatMulFloat<F16Weights>,
                       .matmul_bf16 = MatMulFloat<Bf16Weights>,
                       .matmul_bf16_pairs = nullptr,
                       .round_bf16 = nullptr,
                       .attend = Attend,
                       .dot = Dot,
                       .axpy = Axpy,
                       .rms_norm = RmsNorm,
                       .swiglu = SwiGlu,
                       .softmax = Softmax};
  FillQuantised<S>(table);
  return table;
}

}  // namespace
}  // namespace moebench
