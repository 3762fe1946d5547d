// The inner loops, once for each instruction set; which one runs is chosen at run time.
//   const KernelTable& kernels = KernelsFor(DetectIsa());
//   kernels.rms_norm(x, weight, n, eps, y);
// Plain functions over raw arrays: they check nothing, allocate nothing, and may run on any thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runners/native/kernels/activation_block.h"
#include "runners/native/kernels/isa.h"
#include "runners/native/kernels/weight_type.h"

namespace moebench {

// The packed weights of some output rows, and where their results go.
struct PackedSlice {
  const std::byte* tiles = nullptr;  // tile_layout.h
  int rows = 0;                      // output rows in it
  int cols = 0;                      // inputs of each
  int tile_rows = 16;                // 16, 32, 48 or 64
};

// A step of a recurrent layer, S = decay S + change key^T, noted to be done again.
struct NotedStep {
  float decay = 1;
  const float* key = nullptr;     // [cols]
  const float* change = nullptr;  // [rows] what the step gave
};

struct KernelTable {
  IsaLevel isa;

  // x [n_blocks x 32] into blocks `stride` apart.
  void (*quantise)(const float* x, int n_blocks, ActivationBlock* out, int stride);

  // y[m, r] = sum over c of x[m, c] w[r, c] for m < n_x, r < w.rows; x a group of n_x rows.
  //   y  [n_x, ldy], of which columns 0..w.rows - 1 are written
  // The result for one row of x does not depend on n_x, nor on the instruction set.
  using MatMulQuantised = void (*)(PackedSlice w, const ActivationBlock* x, int n_x, float* y,
                                   std::ptrdiff_t ldy);
  MatMulQuantised matmul_quantised[kWeightTypes];  // nullptr for float types

  // The same with x [n_x, ldx] f32 and weights of 32 or 16 bits; for few rows of x (onednn_matmul.h
  // serves the others).
  using MatMulFloat = void (*)(PackedSlice w, const float* x, std::ptrdiff_t ldx, int n_x, float* y,
                               std::ptrdiff_t ldy);
  MatMulFloat matmul_f32, matmul_f16, matmul_bf16;

  // The same with x in bf16 and kBF16Pairs weights; nullptr below kAvx512Bf16.
  //   x  [n_x, ldx]  cols padded with one zero if odd
  using MatMulBf16Pairs = void (*)(PackedSlice w, const uint16_t* x, std::ptrdiff_t ldx, int n_x,
                                   float* y, std::ptrdiff_t ldy);
  MatMulBf16Pairs matmul_bf16_pairs;
  void (*round_bf16)(const float* x, int n, uint16_t* out);  // nearest even

  float (*dot)(const float* a, const float* b, int n);
  void (*axpy)(float scale, const float* x, float* y, int n);  // y += scale * x
  // y = decay y + scale x
  void (*decay_add)(float decay, float scale, const float* x, float* y, int n);
  // decay_add of decay, change[i] and key to row i for each step in turn, from one state
  // [rows, cols] to another or the same; the same bits.
  void (*repeat_steps)(const NotedStep* steps, int n_steps, const float* from, float* to, int rows,
                       int cols);
  // out = silu(bias + sum over j of weights[j][.] in[j][.]), all [n]; weights `stride` apart; bias
  // may be nullptr.
  void (*convolve)(const float* const* in, const float* weights, std::ptrdiff_t stride, int kernel,
                   const float* bias, float* out, int n);

  // y = x / sqrt(mean(x^2) + eps) * weight; y may be x.
  void (*rms_norm)(const float* x, const float* weight, int n, float eps, float* y);

  // gate = silu(gate) * up, silu(x) = x / (1 + e^-x).
  void (*swiglu)(float* gate, const float* up, int n);
  // gpt-oss: g = min(gate, 7), u = up in [-7, 7]; gate = g / (1 + e^(-1.702 g)) * (u + 1).
  void (*swiglu_clamped)(float* gate, const float* up, int n);

  // x = e^(x - max) / sum; n >= 1.
  void (*softmax)(float* x, int n);
};

const KernelTable& KernelsFor(IsaLevel isa);

}  // namespace moebench
