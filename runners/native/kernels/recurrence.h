// The steps of layers that remember a sequence in a state of fixed size: the causal convolution
// before them, the gated delta rule, and Mamba-2's scan. One head, one token at a time.
//   DeltaRuleStep(kernels, {.q = q, .k = k, .v = v, .decay = g, .beta = b}, dim, state, out,
//   change);
// Both rules change the state by S = decay S + change key^T, so that a step which was noted by its
// decay, change and key can be done again, bit for bit, at a fraction of its cost:
// kernels.repeat_steps.
// Pure functions over raw arrays: they check nothing, allocate nothing, and may run on any thread.
#pragma once

#include <cstddef>

#include "runners/native/kernels/kernel_table.h"

namespace moebench {

float Sigmoid(float x);
float Silu(float x);
float Softplus(float x);  // log(1 + e^x); x itself above 20, as in Mamba's own code

// Channels of a causal depthwise convolution: what they saw before this pass, and in it.
struct ConvChannels {
  // [history_rows, channels] inputs before the pass: of position p in row p % history_rows, zeros
  // before position 0. At least kernel - 1 rows.
  float* history = nullptr;
  int history_rows = 0;
  int first_position = 0;  // of the pass
  std::ptrdiff_t channels = 0;
  int first = 0, n = 0;            // of the channels
  const float* weights = nullptr;  // [kernel, channels]
  const float* bias = nullptr;     // [channels] or nullptr
  int kernel = 0;
  const float* in = nullptr;     // the first channel's input of the pass' first token
  std::ptrdiff_t in_stride = 0;  // from one token to the next
};

inline constexpr int kMostConvKernel = 64;
// out[c] = silu(bias + sum over j of weights[j][c] in[token - kernel + 1 + j][c]), out [n].
void Convolve(const KernelTable& kernels, const ConvChannels& c, int token, float* out);
// Keeps the inputs of a pass of n tokens, the last history_rows of them; after all its tokens are
// convolved. The pass can be taken back as long as kernel - 1 rows before it are left.
void KeepInputs(const ConvChannels& c, int n_tokens);

struct DeltaRuleInputs {
  const float* q = nullptr;  // [dim]
  const float* k = nullptr;
  const float* v = nullptr;
  float decay = 1;  // in (0, 1]
  float beta = 0;
};
// Gated delta rule (arXiv:2412.06464): S = decay S, S += beta (v - S k) k^T, out = S q.
//   state [dim, dim], row i belongs to v[i];  out [dim];  change [dim] or nullptr; the key is k
void DeltaRuleStep(const KernelTable& kernels, const DeltaRuleInputs& in, int dim, float* state,
                   float* out, float* change = nullptr);

struct ScanInputs {
  const float* x = nullptr;  // [dim]
  const float* b = nullptr;  // [n_state]
  const float* c = nullptr;
  float dt = 0;     // after softplus
  float decay = 1;  // e^(dt A)
  float skip = 0;   // D
};
// Mamba-2 (arXiv:2405.21060): h = decay h + dt x b^T, out = h c + skip x.
//   state [dim, n_state];  out [dim];  change [dim] or nullptr; the key is b
void ScanStep(const KernelTable& kernels, const ScanInputs& in, int dim, int n_state, float* state,
              float* out, float* change = nullptr);

}  // namespace moebench
