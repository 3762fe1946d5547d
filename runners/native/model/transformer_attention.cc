// Attention over the KV cache (see transformer.h).
#include <algorithm>

#include "runners/native/kernels/recurrence.h"
#include "runners/native/model/transformer.h"

namespace moebench {

void Transformer::Attention(int thread, const Pass& pass, int layer) {
  const Hyper& h = weights_.hyper;
  const LayerWeights& w = Layer(layer);
  const ActivationRows& x =
      Norm(thread, pass, w.attn_norm, w.q.quantised() || w.k.quantised() || w.v.quantised());
  Project(thread, pass, w.q, x, space_.q, w.q_bias);
  Project(thread, pass, w.k, x, space_.k, w.k_bias);
  Project(thread, pass, w.v, x, space_.v, w.v_bias);
  team_.Barrier(thread);
  if (h.qk_norm_joint) {
    const Range mine = TokensOf(thread, pass);
    const float eps = static_cast<float>(h.rms_eps);
    const int q_width = h.n_heads * h.head_dim, k_width = h.n_kv_heads * h.head_dim;
    for (int token = mine.begin; token < mine.end; ++token) {
      float* q = space_.q.data() + std::ptrdiff_t{token} * q_width;
      float* k = space_.k.data() + std::ptrdiff_t{token} * k_width;
      kernels_.rms_norm(q, w.q_norm.data(), q_width, eps, q);
      kernels_.rms_norm(k, w.k_norm.data(), k_width, eps, k);
    }
    team_.Barrier(thread);
  }

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
  work.Attend(attention_, CachedHeads(layer), space_.queries.data(),
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
  const Range out_rows = w.attn_out.RowsOf(thread);
  Multiply(thread, w.attn_out, 0, space_.attended, 0, pass.n, Own(thread).products.data(),
           out_rows.size());
  for (int token = 0; token < pass.n; ++token) {
    if (!w.out_bias.empty()) {
      kernels_.axpy(1, w.out_bias.data() + out_rows.begin,
                    Own(thread).products.data() + std::ptrdiff_t{token} * out_rows.size(),
                    out_rows.size());
    }
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
  const int of_query = h.output_gate ? 2 * h.head_dim : h.head_dim;  // query, then gate
  float* head = Own(thread).head.data();
  const auto turned = [&](const float* from, std::span<const float> norm, int position) {
    if (!norm.empty() && !h.qk_norm_joint) {
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
      attention_.store(cache_.shape(), CachedHeads(layer)[static_cast<std::size_t>(kv_head)],
                       position, turned(space_.k.data() + at * h.head_dim, w.k_norm, position),
                       space_.v.data() + at * h.value_dim);
    }
    const std::ptrdiff_t at = token * h.n_heads + kv_head * group + row % group;
    const auto pack = [&](const float* query, int to) {
      attention_.pack(cache_.shape(), query, static_cast<float>(h.attention_scale),
                      to % kTileQueries, space_.queries.data() + work.PackedOffset(kv_head, to));
    };
    pack(turned(space_.q.data() + at * of_query, w.q_norm, position), row);
    if (row + 1 < work.rows()) continue;
    for (int padding = work.rows(); padding < work.padded_rows(); ++padding) pack(nullptr, padding);
  }
}

void Transformer::MergeRows(const Pass& pass, int layer, const AttentionWork& work, Range rows) {
  const Hyper& h = weights_.hyper;
  const int group = h.n_heads / h.n_kv_heads;
  const std::span<const float> sinks = Layer(layer).sinks;
  const bool quantise = Layer(layer).attn_out.quantised() && h.value_dim % kActivationBlock == 0;
  for (int i = rows.begin; i < rows.end; ++i) {
    const int kv_head = i / work.rows(), row = i % work.rows(), token = row / group;
    const int head = kv_head * group + row % group, begin = head * h.value_dim;
    float* out = space_.attended.f32 + std::ptrdiff_t{token} * h.n_heads * h.value_dim + begin;
    work.Merge(attention_, space_.seen.data(), kv_head, row,
               sinks.empty() ? nullptr : &sinks[static_cast<std::size_t>(head)], out);
    if (h.output_gate) {
      const float* gate = space_.q.data() +
                          (std::ptrdiff_t{token} * h.n_heads + head) * 2 * h.head_dim + h.head_dim;
      for (int c = 0; c < h.value_dim; ++c) out[c] *= Sigmoid(gate[c]);
    }
    if (quantise) {
      QuantiseColumns(kernels_, space_.attended, 0, pass.n, token, begin, begin + h.value_dim);
    }
  }
}

}  // namespace moebench
