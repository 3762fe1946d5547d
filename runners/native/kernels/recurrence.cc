#include "runners/native/kernels/recurrence.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "harness/base/error.h"

namespace moebench {
float Sigmoid(float x) { return 1.0f / (1.0f + std::exp(-x)); }
float Silu(float x) { return x * Sigmoid(x); }
float Softplus(float x) { return x > 20 ? x : std::log1p(std::exp(x)); }

void Convolve(const KernelTable& kernels, const ConvChannels& c, int token, float* out) {
  std::array<const float*, kMostConvKernel> in;
  CHECK(c.kernel <= kMostConvKernel);
  for (int j = 0; j < c.kernel; ++j) {
    const int time = token - c.kernel + 1 + j;
    const int row = (c.first_position + time + c.history_rows) % std::max(c.history_rows, 1);
    in[static_cast<std::size_t>(j)] =
        time < 0 ? c.history + row * c.channels + c.first : c.in + time * c.in_stride;
  }
  kernels.convolve(in.data(), c.weights + c.first, c.channels, c.kernel,
                   c.bias == nullptr ? nullptr : c.bias + c.first, out, c.n);
}

void KeepInputs(const ConvChannels& c, int n_tokens) {
  for (int token = std::max(0, n_tokens - c.history_rows); token < n_tokens; ++token) {
    const int row = (c.first_position + token) % c.history_rows;
    std::copy_n(c.in + token * c.in_stride, c.n, c.history + row * c.channels + c.first);
  }
}

void DeltaRuleStep(const KernelTable& kernels, const DeltaRuleInputs& in, int dim, float* state,
                   float* out, float* change) {
  for (int i = 0; i < dim; ++i) {
    float* row = state + std::ptrdiff_t{i} * dim;
    const float delta = in.beta * (in.v[i] - in.decay * kernels.dot(row, in.k, dim));
    kernels.decay_add(in.decay, delta, in.k, row, dim);
    if (change != nullptr) change[i] = delta;
    out[i] = kernels.dot(row, in.q, dim);
  }
}

void ScanStep(const KernelTable& kernels, const ScanInputs& in, int dim, int n_state, float* state,
              float* out, float* change) {
  for (int i = 0; i < dim; ++i) {
    float* row = state + std::ptrdiff_t{i} * n_state;
    const float input = in.dt * in.x[i];
    kernels.decay_add(in.decay, input, in.b, row, n_state);
    if (change != nullptr) change[i] = input;
    out[i] = kernels.dot(row, in.c, n_state) + in.skip * in.x[i];
  }
}

}  // namespace moebench
