#include "runners/native/kernels/recurrence.h"

#include <algorithm>
#include <cmath>

namespace moebench {

float Sigmoid(float x) { return 1.0f / (1.0f + std::exp(-x)); }
float Silu(float x) { return x * Sigmoid(x); }
float Softplus(float x) { return x > 20 ? x : std::log1p(std::exp(x)); }

void Convolve(const ConvChannels& c, int token, float* out) {
  for (int i = 0; i < c.n; ++i) {
    const float* weights = c.weights + std::ptrdiff_t{c.first + i} * c.kernel;
    float sum = c.bias == nullptr ? 0 : c.bias[c.first + i];
    for (int j = 0; j < c.kernel; ++j) {
      const int time = token - c.kernel + 1 + j;
      sum += weights[j] * (time < 0 ? c.state[(time + c.kernel - 1) * c.channels + c.first + i]
                                    : c.in[time * c.in_stride + i]);
    }
    out[i] = Silu(sum);
  }
}

void KeepLastInputs(const ConvChannels& c, int n_tokens) {
  for (int row = 0; row + 1 < c.kernel; ++row) {
    const int time = n_tokens - c.kernel + 1 + row;
    const float* from = time < 0 ? c.state + (time + c.kernel - 1) * c.channels + c.first
                                 : c.in + time * c.in_stride;
    std::copy_n(from, c.n, c.state + row * c.channels + c.first);
  }
}

void DeltaRuleStep(const KernelTable& kernels, const DeltaRuleInputs& in, int dim, float* state,
                   float* out) {
  for (int i = 0; i < dim; ++i) {
    float* row = state + std::ptrdiff_t{i} * dim;
    const float delta = in.beta * (in.v[i] - in.decay * kernels.dot(row, in.k, dim));
    for (int j = 0; j < dim; ++j) row[j] = in.decay * row[j] + delta * in.k[j];
    out[i] = kernels.dot(row, in.q, dim);
  }
}

void ScanStep(const KernelTable& kernels, const ScanInputs& in, int dim, int n_state, float* state,
              float* out) {
  for (int i = 0; i < dim; ++i) {
    float* row = state + std::ptrdiff_t{i} * n_state;
    const float input = in.dt * in.x[i];
    for (int j = 0; j < n_state; ++j) row[j] = in.decay * row[j] + input * in.b[j];
    out[i] = kernels.dot(row, in.c, n_state) + in.skip * in.x[i];
  }
}

}  // namespace moebench
