// The attention part of the forward pass (see transformer.h).
#include <algorithm>
#include <cmath>

#include "runners/native/model/transformer.h"

namespace moebench {

void Transformer::Attention(int thread, const Pass& pass, int layer) {
  const Hyper& h = weights_.hyper;
  const LayerWeights& w = Layer(layer);
  const ActivationRows& x =
      Norm(thread, pass, w.attn_norm, w.q.quantised() || w.k.quantised() || w.v.quantised());
  const auto project = [&](const PackedMatrix& m, std::span<float> out) {
    Multiply(thread, m, 0, x, 0, pass.n, out.data() + m.RowsOf(thread).begin, m.shape().rows);
  };
  project(w.q, space_.q);
  project(w.k, space_.k);
  project(w.v, space_.v);
  team_.Barrier(thread);

  const Range kv_heads = PartOf(h.n_kv_heads, 1, thread, team_.size());
  for (int head = kv_heads.begin; head < kv_heads.end; ++head) FinishKeys(pass, layer, head);
  const int group = h.n_heads / h.n_kv_heads;
  if (team_.size() <= h.n_kv_heads) {  // the queries of a KV head stay with its thread
    for (int head = kv_heads.begin * group; head < kv_heads.end * group; ++head) {
      for (int token = 0; token < pass.n; ++token) Attend(thread, pass, layer, head, token);
    }
  } else {
    team_.Barrier(thread);
    const Range items = PartOf(h.n_heads * pass.n, 1, thread, team_.size());
    for (int item = items.begin; item < items.end; ++item) {
      Attend(thread, pass, layer, item % h.n_heads, item / h.n_heads);
    }
  }
  team_.Barrier(thread);

  const int width = h.n_heads * h.head_dim;
  if (w.attn_out.quantised() && h.head_dim % kActivationBlock != 0) {
    // Else Attend has quantised its head.
    const Range mine = TokensOf(thread, pass);
    for (int token = mine.begin; token < mine.end; ++token) {
      QuantiseColumns(kernels_, space_.attended, 0, pass.n, token, 0, width);
    }
    team_.Barrier(thread);
  }
  Multiply(thread, w.attn_out, 0, space_.attended, 0, pass.n, Own(thread).products.data(),
           w.attn_out.RowsOf(thread).size());
  for (int token = 0; token < pass.n; ++token) {
    AddToResidual(thread, w.attn_out, token, token, 1.0f);
  }
}

void Transformer::FinishKeys(const Pass& pass, int layer, int kv_head) {
  const Hyper& h = weights_.hyper;
  const LayerWeights& w = Layer(layer);
  for (int token = 0; token < pass.n; ++token) {
    const int position = pass.first_position + token;
    const std::ptrdiff_t from =
        std::ptrdiff_t{token} * h.n_kv_heads * h.head_dim + std::ptrdiff_t{kv_head} * h.head_dim;
    const std::ptrdiff_t to = std::ptrdiff_t{position} * h.head_dim;
    float* key = cache_.Keys(layer, kv_head) + to;
    std::copy_n(space_.k.data() + from, h.head_dim, key);
    std::copy_n(space_.v.data() + from, h.head_dim, cache_.Values(layer, kv_head) + to);
    if (h.qk_norm) {
      kernels_.rms_norm(key, w.k_norm.data(), h.head_dim, static_cast<float>(h.rms_eps), key);
    }
    rope_.Apply(position, key);
  }
}

void Transformer::Attend(int thread, const Pass& pass, int layer, int head, int token) {
  const Hyper& h = weights_.hyper;
  const LayerWeights& w = Layer(layer);
  const int width = h.n_heads * h.head_dim, position = pass.first_position + token;
  const int kv_head = head / (h.n_heads / h.n_kv_heads);
  float* query = space_.q.data() + std::ptrdiff_t{token} * width + head * h.head_dim;
  if (h.qk_norm) {
    kernels_.rms_norm(query, w.q_norm.data(), h.head_dim, static_cast<float>(h.rms_eps), query);
  }
  rope_.Apply(position, query);
  float* out = space_.attended.f32 + std::ptrdiff_t{token} * width + head * h.head_dim;
  kernels_.attend(query, cache_.Keys(layer, kv_head), cache_.Values(layer, kv_head), position + 1,
                  h.head_dim, 1.0f / std::sqrt(static_cast<float>(h.head_dim)),
                  Own(thread).scores.data(), out);
  if (w.attn_out.quantised() && h.head_dim % kActivationBlock == 0) {
    const int begin = head * h.head_dim;
    QuantiseColumns(kernels_, space_.attended, 0, pass.n, token, begin, begin + h.head_dim);
  }
}

}  // namespace moebench
