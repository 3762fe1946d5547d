// The attention part of the forward pass (see transformer.h).
#include <algorithm>

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

  const AttentionWork work(cache_.shape(),
                           {.n_kv_heads = h.n_kv_heads,
                            .group = h.n_heads / h.n_kv_heads,
                            .first_position = pass.first_position,
                            .n_tokens = pass.n,
                            .window = h.layers[static_cast<std::size_t>(layer)].window});
  // Threads that have KV heads of their own need not meet in between.
  const bool meet = !work.HeadsStayWhole(team_.size());
  const Range rows = PartOf(h.n_kv_heads * work.rows(), 1, thread, team_.size());
  PrepareRows(thread, pass, layer, work, rows);
  if (meet) team_.Barrier(thread);
  work.Attend(attention_, cache_.Heads(layer), space_.queries.data(),
              work.ItemsOf(thread, team_.size()), space_.seen.data());
  if (meet) team_.Barrier(thread);
  MergeRows(pass, layer, work, rows);
  team_.Barrier(thread);

  const int width = h.n_heads * h.value_dim;
  if (w.attn_out.quantised() && h.value_dim % kActivationBlock != 0) {
    // Else MergeRows has quantised its head.
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

// The norm and the turn of each query, and with the first query head of a group its token's key and
// value on their way into the cache.
void Transformer::PrepareRows(int thread, const Pass& pass, int layer, const AttentionWork& work,
                              Range rows) {
  const Hyper& h = weights_.hyper;
  const LayerWeights& w = Layer(layer);
  const int group = h.n_heads / h.n_kv_heads;
  float* head = Own(thread).head.data();
  const auto turned = [&](const float* from, std::span<const float> norm, int position) {
    if (h.qk_norm) {
      kernels_.rms_norm(from, norm.data(), h.head_dim, static_cast<float>(h.rms_eps), head);
    } else {
      std::copy_n(from, h.head_dim, head);
    }
    rope_.Apply(position, head);
    return head;
  };
  for (int i = rows.begin; i < rows.end; ++i) {
    const int kv_head = i / work.rows(), row = i % work.rows();
    const std::ptrdiff_t token = row / group;
    const int position = pass.first_position + row / group;
    if (row % group == 0) {
      const std::ptrdiff_t at = token * h.n_kv_heads + kv_head;
      attention_.store(cache_.shape(), cache_.Heads(layer)[static_cast<std::size_t>(kv_head)],
                       position, turned(space_.k.data() + at * h.head_dim, w.k_norm, position),
                       space_.v.data() + at * h.value_dim);
    }
    const std::ptrdiff_t at = token * h.n_heads + kv_head * group + row % group;
    const auto pack = [&](const float* query, int to) {
      attention_.pack(cache_.shape(), query, static_cast<float>(h.attention_scale),
                      to % kTileQueries, space_.queries.data() + work.PackedOffset(kv_head, to));
    };
    pack(turned(space_.q.data() + at * h.head_dim, w.q_norm, position), row);
    if (row + 1 < work.rows()) continue;
    for (int padding = work.rows(); padding < work.padded_rows(); ++padding) pack(nullptr, padding);
  }
}

void Transformer::MergeRows(const Pass& pass, int layer, const AttentionWork& work, Range rows) {
  const Hyper& h = weights_.hyper;
  const int group = h.n_heads / h.n_kv_heads;
  const bool quantise = Layer(layer).attn_out.quantised() && h.value_dim % kActivationBlock == 0;
  for (int i = rows.begin; i < rows.end; ++i) {
    const int kv_head = i / work.rows(), row = i % work.rows(), token = row / group;
    const int begin = (kv_head * group + row % group) * h.value_dim;
    float* out = space_.attended.f32 + std::ptrdiff_t{token} * h.n_heads * h.value_dim + begin;
    work.Merge(attention_, space_.seen.data(), kv_head, row, nullptr, out);
    if (quantise) {
      QuantiseColumns(kernels_, space_.attended, 0, pass.n, token, begin, begin + h.value_dim);
    }
  }
}

}  // namespace moebench
