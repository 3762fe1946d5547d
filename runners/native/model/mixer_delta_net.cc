// Gated DeltaNet layers (Qwen3-Next and 3.5; arXiv:2412.06464): projections, a short convolution,
// the gated delta rule by head, a gated norm, the output matrix.
#include <algorithm>
#include <cmath>
#include <utility>

#include "runners/native/kernels/recurrence.h"
#include "runners/native/model/transformer.h"

namespace moebench {
namespace {

// x / |x|, the length taken as at least eps (llama.cpp's ggml_l2_norm), times scale.
void NormaliseLength(const KernelTable& kernels, float* x, int n, float eps, float scale) {
  const float length = std::max(std::sqrt(kernels.dot(x, x, n)), eps);
  std::transform(x, x + n, x, [=](float value) { return value * (scale / length); });
}

}  // namespace

void Transformer::DeltaNet(int thread, const Pass& pass, int layer) {
  const Hyper& h = weights_.hyper;
  const DeltaNetShape& net = h.delta_net;
  const RecurrentWeights& w = Layer(layer).recurrent;
  const ActivationRows& x =
      Norm(thread, pass, Layer(layer).attn_norm,
           w.in.quantised() || w.z.quantised() || w.beta.quantised() || w.alpha.quantised());
  Project(thread, pass, w.in, x, space_.projected);
  if (!net.fused_qkvz) Project(thread, pass, w.z, x, space_.z);
  Project(thread, pass, w.beta, x, space_.beta);
  if (!net.fused_beta_alpha) Project(thread, pass, w.alpha, x, space_.alpha);
  team_.Barrier(thread);
  const Range heads = PartOf(net.n_value_heads, 1, thread, team_.size());
  for (int head = heads.begin; head < heads.end; ++head) DeltaNetHead(thread, pass, layer, head);
  team_.Barrier(thread);  // value heads share the convolution of their key head

  const std::ptrdiff_t stride = w.in.shape().rows;
  const int channels = (2 * net.n_key_heads + net.n_value_heads) * net.head_dim;
  for (int head = heads.begin; head < heads.end; ++head) {
    const DeltaNetColumns& c = delta_columns_[static_cast<std::size_t>(head)];
    for (const auto& [first, column] :
         {std::pair(c.conv_q, c.q), std::pair(c.conv_k, c.k), std::pair(c.conv_v, c.v)}) {
      // Of a key head once, by the first value head that reads it.
      const bool is_value = first == c.conv_v;
      const bool is_first =
          std::none_of(delta_columns_.begin(), delta_columns_.begin() + head,
                       [&](const DeltaNetColumns& other) { return other.conv_k == c.conv_k; });
      if (!is_value && !is_first) continue;
      KeepInputs({.history = recurrent_.Layer(layer).conv.data(),
                  .history_rows = RecurrentStates::ConvRows(net.conv_kernel),
                  .first_position = pass.first_position,
                  .channels = channels,
                  .first = first,
                  .n = net.head_dim,
                  .kernel = net.conv_kernel,
                  .in = space_.projected.data() + column,
                  .in_stride = stride},
                 pass.n);
    }
  }
  MixedToResidual(thread, pass, layer,
                  OfWidth(space_.remembered, net.n_value_heads * net.head_dim));
}

void Transformer::DeltaNetHead(int thread, const Pass& pass, int layer, int head) {
  const Hyper& h = weights_.hyper;
  const DeltaNetShape& net = h.delta_net;
  const RecurrentWeights& w = Layer(layer).recurrent;
  const DeltaNetColumns& c = delta_columns_[static_cast<std::size_t>(head)];
  float* memory = recurrent_.Open(kernels_, layer, head, pass.first_position, pass.hold,
                                  Own(thread).memory.data());
  const std::size_t at = static_cast<std::size_t>(head);
  const int dim = net.head_dim, values = net.n_value_heads * dim;
  const int channels = 2 * net.n_key_heads * dim + values;
  const std::ptrdiff_t stride = w.in.shape().rows;
  const float eps = static_cast<float>(h.rms_eps);
  const auto convolve = [&](int first, int column, int token, float* out) {
    Convolve(kernels_,
             {.history = recurrent_.Layer(layer).conv.data(),
              .history_rows = RecurrentStates::ConvRows(net.conv_kernel),
              .first_position = pass.first_position,
              .channels = channels,
              .first = first,
              .n = dim,
              .weights = w.conv.data(),
              .kernel = net.conv_kernel,
              .in = space_.projected.data() + column,
              .in_stride = stride},
             token, out);
  };
  float* q = Own(thread).head.data();
  float *k = q + dim, *v = k + dim;
  for (int token = 0; token < pass.n; ++token) {
    convolve(c.conv_q, c.q, token, q);
    convolve(c.conv_k, c.k, token, k);
    convolve(c.conv_v, c.v, token, v);
    NormaliseLength(kernels_, q, dim, eps, 1 / std::sqrt(static_cast<float>(dim)));
    NormaliseLength(kernels_, k, dim, eps, 1);
    const float* betas = space_.beta.data() + std::ptrdiff_t{token} * w.beta.shape().rows;
    const float* alphas = net.fused_beta_alpha
                              ? betas
                              : space_.alpha.data() + std::ptrdiff_t{token} * net.n_value_heads;
    float* out = space_.remembered.f32 + std::ptrdiff_t{token} * values + head * dim;
    const float decay = std::exp(w.a[at] * Softplus(alphas[c.alpha] + w.dt_bias[at]));
    DeltaRuleStep(kernels_,
                  {.q = q, .k = k, .v = v, .decay = decay, .beta = Sigmoid(betas[c.beta])}, dim,
                  memory, out, NoteStep(pass, layer, head, token, decay, k));
    kernels_.rms_norm(out, w.norm.data(), dim, eps, out);
    const float* z = net.fused_qkvz ? space_.projected.data() + token * stride + c.z
                                    : space_.z.data() + std::ptrdiff_t{token} * values + c.z;
    float* gate = q;  // its query is done with
    std::copy_n(z, dim, gate);
    kernels_.swiglu(gate, out, dim);
    std::copy_n(gate, dim, out);
  }
}

}  // namespace moebench
