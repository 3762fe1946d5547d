// The inner loops, once for each instruction set; which one runs is chosen at run time.
//   const KernelTable& kernels = KernelsFor(DetectIsa());
//   kernels.rms_norm(x, weight, n, eps, y);
// Plain functions over raw arrays: they check nothing, allocate nothing, and may run on any thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runners/native/kernels/isa.h"

namespace moebench {

// Rows of f32 activations quantised to s8 in blocks of 32, as llama.cpp does beside Q8_0 weights:
// d = amax / 127 rounded to binary16, q = nearest even of x * 127 / amax.
//   q     [n_rows, cols]       in [-127, 127]
//   d     [n_rows, cols / 32]
//   bias  [n_rows, cols / 32]  -128 * sum of the block's q: takes back the +128 of packed weights
struct Q8Rows {
  int8_t* q = nullptr;
  float* d = nullptr;
  int32_t* bias = nullptr;
  int cols = 0;  // a multiple of 32
};

// The packed weights of some output rows, and where their results go.
struct PackedSlice {
  const std::byte* tiles = nullptr;  // tile_layout.h
  int rows = 0;                      // output rows in it
  int cols = 0;                      // inputs of each
  int tile_rows = 16;                // 16, 32, 48 or 64
};

struct KernelTable {
  IsaLevel isa;

  // Columns [begin, end) of x [cols] into row `row` of out; both multiples of 32.
  void (*quantise_q8)(const float* x, int begin, int end, int row, Q8Rows out);

  // y[m, r] = sum over c of x[first_row + m, c] w[r, c] for m < n_x, r < w.rows. Q8_0 weights.
  //   y  [n_x, ldy], of which columns 0..w.rows - 1 are written
  // The result for one row of x does not depend on n_x, nor on the instruction set.
  void (*matmul_q8)(PackedSlice w, Q8Rows x, int first_row, int n_x, float* y, std::ptrdiff_t ldy);

  // The same with x [n_x, ldx] f32 and weights of 32 or 16 bits; for few rows of x (onednn_matmul.h
  // serves the others).
  using MatMulFloat = void (*)(PackedSlice w, const float* x, std::ptrdiff_t ldx, int n_x, float* y,
                               std::ptrdiff_t ldy);
  MatMulFloat matmul_f32, matmul_f16, matmul_bf16;

  // One head of one query over n positions: softmax(q K^T scale) V.
  //   query [head_dim]; keys, values [n, head_dim]; scores [n] scratch; out [head_dim]
  void (*attend)(const float* query, const float* keys, const float* values, int n, int head_dim,
                 float scale, float* scores, float* out);

  float (*dot)(const float* a, const float* b, int n);
  void (*axpy)(float scale, const float* x, float* y, int n);  // y += scale * x

  // y = x / sqrt(mean(x^2) + eps) * weight; y may be x.
  void (*rms_norm)(const float* x, const float* weight, int n, float eps, float* y);

  // gate = silu(gate) * up, silu(x) = x / (1 + e^-x).
  void (*swiglu)(float* gate, const float* up, int n);

  // x = e^(x - max) / sum; n >= 1.
  void (*softmax)(float* x, int n);
};

const KernelTable& KernelsFor(IsaLevel isa);

}  // namespace moebench
