// Products with 32- and 16-bit weights in packed tiles, for few rows of x; compiled for each
// instruction set like vector_ops_inl.h. Accumulates in f32; x is not rounded.
#pragma once

#include <type_traits>

#include "runners/native/kernels/quant_matmul_inl.h"
#include "runners/native/kernels/tile_layout.h"
#include "runners/native/kernels/vector_ops_inl.h"

namespace moebench {
namespace {

// Weights of S::kLanes rows as f32.
template <class S>
struct F32Weights {
  static constexpr int kBytes = 4;
  MOEBENCH_INLINE static typename S::F LoadRows(const std::byte* p) {
    typename S::F v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
  }
};
template <class S>
struct F16Weights {
  static constexpr int kBytes = 2;
  MOEBENCH_INLINE static typename S::F LoadRows(const std::byte* p) { return S::WidenF16(p); }
};
template <class S>
struct Bf16Weights {
  static constexpr int kBytes = 2;
  MOEBENCH_INLINE static typename S::F LoadRows(const std::byte* p) { return S::WidenBf16(p); }
};

// `vectors` vectors of rows of one tile [cols][tile_rows] with `rows_x` rows of x. The order is the
// same for every shape: results don't depend on how rows are split over threads, nor on rows_x.
template <class S, class Weights, int vectors, int rows_x>
MOEBENCH_INLINE void TileProduct(const std::byte* tile, std::ptrdiff_t step, int rows_w, int cols,
                                 const float* x, std::ptrdiff_t ldx, float* y, std::ptrdiff_t ldy) {
  using F = typename S::F;
  constexpr int kEach = S::kLanes * Weights::kBytes;
  F sum[rows_x][vectors] = {};
  for (int c = 0; c < cols; ++c, tile += step) {
    F w[vectors];
    for (int v = 0; v < vectors; ++v) w[v] = Weights::LoadRows(tile + v * kEach);
    for (int m = 0; m < rows_x; ++m) {
      for (int v = 0; v < vectors; ++v) sum[m][v] += w[v] * x[m * ldx + c];
    }
  }
  for (int m = 0; m < rows_x; ++m) {
    for (int v = 0; v < vectors && v * S::kLanes < rows_w; ++v) {
      S::StoreRows(y + m * ldy + v * S::kLanes, sum[m][v], rows_w - v * S::kLanes);
    }
  }
}

template <class S, class Weights, int vectors>
void TileRowsProduct(const std::byte* tile, std::ptrdiff_t step, int rows_w, int cols,
                     const float* x, std::ptrdiff_t ldx, int n_x, float* y, std::ptrdiff_t ldy) {
  int m = 0;
  for (; S::kFloatRows >= 4 && m + 4 <= n_x; m += 4) {
    TileProduct<S, Weights, vectors, S::kFloatRows>(tile, step, rows_w, cols, x + m * ldx, ldx,
                                                    y + m * ldy, ldy);
  }
  for (; m + 2 <= n_x; m += 2) {
    TileProduct<S, Weights, vectors, 2>(tile, step, rows_w, cols, x + m * ldx, ldx, y + m * ldy,
                                        ldy);
  }
  if (m < n_x) {
    TileProduct<S, Weights, vectors, 1>(tile, step, rows_w, cols, x + m * ldx, ldx, y + m * ldy,
                                        ldy);
  }
}

template <class S, template <class> class WeightsOf>
void MatMulFloat(PackedSlice w, const float* x, std::ptrdiff_t ldx, int n_x, float* y,
                 std::ptrdiff_t ldy) {
  using Weights = WeightsOf<S>;
  const std::ptrdiff_t step = std::ptrdiff_t{w.tile_rows} * Weights::kBytes;
  const std::ptrdiff_t tile_bytes = std::ptrdiff_t{(w.cols + 15) / 16 * 16} * step;
  const std::byte* tile = w.tiles;
  for (int row = 0; row < w.rows; row += w.tile_rows, tile += tile_bytes) {
    // As many vectors at once as there are registers for; tiles have 16, 32, 48 or 64 rows.
    constexpr int kMost = 4;
    for (int first = 0; first < w.tile_rows && row + first < w.rows;) {
      const std::byte* from = tile + first * Weights::kBytes;
      const int rows = w.rows - row - first, vectors = (w.tile_rows - first) / S::kLanes;
      float* to = y + row + first;
      const auto run = [&](auto width) {
        TileRowsProduct<S, Weights, width()>(from, step, rows, w.cols, x, ldx, n_x, to, ldy);
        first += width() * S::kLanes;
      };
      if (vectors >= kMost) {
        run(std::integral_constant<int, 4>());
      } else if (vectors == 3) {
        run(std::integral_constant<int, 3>());
      } else if (vectors == 2) {
        run(std::integral_constant<int, 2>());
      } else {
        run(std::integral_constant<int, 1>());
      }
    }
  }
}

template <class S>
KernelTable TableOf(IsaLevel isa) {
  KernelTable table = {.isa = isa,
                       .quantise = Quantise,
                       .matmul_quantised = {},
                       .matmul_f32 = MatMulFloat<S, F32Weights>,
                       .matmul_f16 = MatMulFloat<S, F16Weights>,
                       .matmul_bf16 = MatMulFloat<S, Bf16Weights>,
                       .matmul_bf16_pairs = nullptr,
                       .round_bf16 = nullptr,
                       .dot = Dot,
                       .axpy = Axpy,
                       .decay_add = DecayAdd,
                       .repeat_steps = RepeatSteps,
                       .convolve = Convolve,
                       .rms_norm = RmsNorm,
                       .swiglu = SwiGlu,
                       .swiglu_clamped = SwiGluClamped,
                       .softmax = Softmax};
  FillQuantised<S>(table);
  return table;
}

}  // namespace
}  // namespace moebench
