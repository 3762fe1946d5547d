// Mamba-2 layers (Granite 4; arXiv:2405.21060): one projection, a short convolution of x, B and C,
// the scan by head, a gated norm by group, the output matrix.
#include <algorithm>
#include <cmath>

#include "runners/native/kernels/recurrence.h"
#include "runners/native/model/transformer.h"

namespace moebench {

void Transformer::Mamba2(int thread, const Pass& pass, int layer) {
  const Hyper& h = weights_.hyper;
  const Mamba2Shape& mamba = h.mamba2;
  const RecurrentWeights& w = Layer(layer).recurrent;
  const int inner = mamba.inner, channels = inner + 2 * mamba.n_groups * mamba.state;
  const std::ptrdiff_t width = w.in.shape().rows;
  const ActivationRows& x = Norm(thread, pass, Layer(layer).attn_norm, w.in.quantised());
  Project(thread, pass, w.in, x, space_.projected);  // z, x, B, C, dt
  team_.Barrier(thread);

  const Range mine = PartOf(channels, 16, thread, team_.size());
  const ConvChannels conv{.history = recurrent_.Layer(layer).conv.data(),
                          .history_rows = RecurrentStates::ConvRows(mamba.conv_kernel),
                          .first_position = pass.first_position,
                          .channels = channels,
                          .first = mine.begin,
                          .n = mine.size(),
                          .weights = w.conv.data(),
                          .bias = w.conv_bias.empty() ? nullptr : w.conv_bias.data(),
                          .kernel = mamba.conv_kernel,
                          .in = space_.projected.data() + inner + mine.begin,
                          .in_stride = width};
  for (int token = 0; token < pass.n; ++token) {
    Convolve(kernels_, conv, token,
             space_.convolved.data() + std::ptrdiff_t{token} * channels + mine.begin);
  }
  KeepInputs(conv, pass.n);
  team_.Barrier(thread);

  const int dim = inner / mamba.n_heads;
  const ActivationRows mixed = OfWidth(space_.remembered, inner);
  const Range heads = PartOf(mamba.n_heads, 1, thread, team_.size());
  for (int head = heads.begin; head < heads.end; ++head) {
    const std::size_t at = static_cast<std::size_t>(head);
    const int group = head / (mamba.n_heads / mamba.n_groups);
    float* memory = recurrent_.Open(kernels_, layer, head, pass.first_position, pass.hold,
                                    Own(thread).memory.data());
    for (int token = 0; token < pass.n; ++token) {
      float* projected = space_.projected.data() + token * width;
      const float* convolved = space_.convolved.data() + std::ptrdiff_t{token} * channels;
      const float dt = Softplus(projected[inner + channels + head] + w.dt_bias[at]);
      const float decay = std::exp(dt * w.a[at]);
      const float* b = convolved + inner + group * mamba.state;
      float* out = mixed.f32 + std::ptrdiff_t{token} * inner + head * dim;
      ScanStep(kernels_,
               {.x = convolved + head * dim,
                .b = b,
                .c = convolved + inner + (mamba.n_groups + group) * mamba.state,
                .dt = dt,
                .decay = decay,
                .skip = w.d[at]},
               dim, mamba.state, memory, out, NoteStep(pass, layer, head, token, decay, b));
      float* gate = projected + head * dim;  // read by this head alone
      kernels_.swiglu(gate, out, dim);
      std::copy_n(gate, dim, out);
    }
  }
  team_.Barrier(thread);

  const int group_width = inner / mamba.n_groups;
  const Range tokens = TokensOf(thread, pass);
  for (int token = tokens.begin; token < tokens.end; ++token) {
    for (int group = 0; group < mamba.n_groups; ++group) {
      float* row = mixed.f32 + std::ptrdiff_t{token} * inner + group * group_width;
      kernels_.rms_norm(row, w.norm.data() + group * group_width, group_width,
                        static_cast<float>(h.rms_eps), row);
    }
  }
  MixedToResidual(thread, pass, layer, mixed);
}

}  // namespace moebench
