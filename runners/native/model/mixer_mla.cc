// Multi-head latent attention (DeepSeek-V2, arXiv:2405.04434), absorbed: what is cached of a
// position is one latent vector c and one rotated key p for all heads; the query of a head is
// taken into that space by the head's own matrix, and what attention gives is taken out of it by
// another, so that keys and values are never made.
//   score = scale (k_b q_nope . c + q_rope . p),  value = v_b (sum of weights c)
#include <algorithm>

#include "runners/native/model/transformer.h"

namespace moebench {

void Transformer::Mla(int thread, const Pass& pass, int layer) {
  const Hyper& h = weights_.hyper;
  const MlaShape& mla = h.mla;
  const MlaWeights& w = Layer(layer).mla;
  const bool low_rank = mla.q_rank > 0;
  const PackedMatrix& first = low_rank ? w.q_a : w.q;
  const ActivationRows& x =
      Norm(thread, pass, Layer(layer).attn_norm, first.quantised() || w.kv_a.quantised());
  Project(thread, pass, w.kv_a, x, space_.latent);
  if (low_rank) {
    const std::size_t n =
        static_cast<std::size_t>(kMaxBatch) * static_cast<std::size_t>(mla.q_rank);
    Project(thread, pass, w.q_a, x, {space_.q_low.f32, n});
  } else {
    Project(thread, pass, w.q, x, space_.q);
  }
  team_.Barrier(thread);
  MlaKeys(thread, pass, layer);
  if (low_rank) {
    team_.Barrier(thread);
    Project(thread, pass, w.q, space_.q_low, space_.q);
    team_.Barrier(thread);
  }
  MlaQueries(thread, pass, layer, space_.nope);

  // One KV head, all query heads its group.
  const AttentionWork work(cache_.shape(), {.n_kv_heads = 1,
                                            .group = h.n_heads,
                                            .first_position = pass.first_position,
                                            .n_tokens = pass.n});
  const auto row_of = [&](int i) { return i % h.n_heads * pass.n + i / h.n_heads; };
  const Range items = PartOf(work.rows(), 1, thread, team_.size());
  const auto pack = [&](const float* query, int i) {
    attention_.pack(cache_.shape(), query, static_cast<float>(h.attention_scale), i % kTileQueries,
                    space_.queries.data() + work.PackedOffset(0, i));
  };
  for (int i = items.begin; i < items.end; ++i) {
    pack(space_.mla_query.data() + std::ptrdiff_t{row_of(i)} * h.head_dim, i);
    if (i + 1 < work.rows()) continue;
    for (int padding = work.rows(); padding < work.padded_rows(); ++padding) pack(nullptr, padding);
  }
  team_.Barrier(thread);
  work.Attend(attention_, CachedHeads(layer), space_.queries.data(),
              work.ItemsOf(thread, team_.size()), space_.seen.data());
  team_.Barrier(thread);
  for (int i = items.begin; i < items.end; ++i) {
    const int row = row_of(i), token = i / h.n_heads;
    work.Merge(attention_, space_.seen.data(), 0, i, nullptr,
               space_.attended_latent.f32 + std::ptrdiff_t{row} * mla.kv_rank);
    if (w.v_b.quantised()) {
      QuantiseColumns(kernels_, space_.attended_latent, row - token, pass.n, token, 0, mla.kv_rank);
    }
  }
  team_.Barrier(thread);
  const int out_width = h.n_heads * mla.value_dim;
  for (int head = 0; head < h.n_heads; ++head) {
    Multiply(thread, w.v_b, head, space_.attended_latent, head * pass.n, pass.n,
             space_.attended.f32 + head * mla.value_dim + w.v_b.RowsOf(thread).begin, out_width);
  }
  MixedToResidual(thread, pass, layer, space_.attended);
}

// Of this thread's tokens: the cached latent vector and key; the low-rank query's norm.
void Transformer::MlaKeys(int thread, const Pass& pass, int layer) {
  const Hyper& h = weights_.hyper;
  const MlaShape& mla = h.mla;
  const MlaWeights& w = Layer(layer).mla;
  const float eps = static_cast<float>(h.rms_eps);
  const Range mine = TokensOf(thread, pass);
  for (int token = mine.begin; token < mine.end; ++token) {
    const int position = pass.first_position + token;
    const float* latent = space_.latent.data() + std::ptrdiff_t{token} * h.head_dim;
    float* key = Own(thread).head.data();
    kernels_.rms_norm(latent, w.kv_norm.data(), mla.kv_rank, eps, key);
    std::copy_n(latent + mla.kv_rank, h.rope.dims, key + mla.kv_rank);
    rope_.Apply(position, key + mla.kv_rank);
    attention_.store(cache_.shape(), CachedHeads(layer).front(), position, key, key);
    if (mla.q_rank == 0) continue;
    float* low = space_.q_low.f32 + std::ptrdiff_t{token} * mla.q_rank;
    kernels_.rms_norm(low, w.q_a_norm.data(), mla.q_rank, eps, low);
    if (w.q.quantised()) {
      QuantiseColumns(kernels_, space_.q_low, 0, pass.n, token, 0, mla.q_rank);
    }
  }
}

// Queries in the space of what is cached. Ends with a barrier.
void Transformer::MlaQueries(int thread, const Pass& pass, int layer, const ActivationRows& nope) {
  const Hyper& h = weights_.hyper;
  const MlaShape& mla = h.mla;
  const MlaWeights& w = Layer(layer).mla;
  const int q_width = mla.nope_dim + h.rope.dims;
  const Range items = PartOf(h.n_heads * pass.n, 1, thread, team_.size());
  for (int row = items.begin; row < items.end; ++row) {
    const int token = row % pass.n, head = row / pass.n;
    const float* q = space_.q.data() + (std::ptrdiff_t{token} * h.n_heads + head) * q_width;
    std::copy_n(q, mla.nope_dim, nope.f32 + std::ptrdiff_t{row} * mla.nope_dim);
    if (w.k_b.quantised()) {
      QuantiseColumns(kernels_, nope, row - token, pass.n, token, 0, mla.nope_dim);
    }
    float* rotated = space_.mla_query.data() + std::ptrdiff_t{row} * h.head_dim + mla.kv_rank;
    std::copy_n(q + mla.nope_dim, h.rope.dims, rotated);
    rope_.Apply(pass.first_position + token, rotated);
  }
  team_.Barrier(thread);
  for (int head = 0; head < h.n_heads; ++head) {
    Multiply(thread, w.k_b, head, nope, head * pass.n, pass.n,
             space_.mla_query.data() + std::ptrdiff_t{head} * pass.n * h.head_dim +
                 w.k_b.RowsOf(thread).begin,
             h.head_dim);
  }
  team_.Barrier(thread);
}

}  // namespace moebench
