#include "runners/native/model/transformer.h"

#include <algorithm>
#include <cmath>

#include "harness/base/error.h"
#include "runners/native/kernels/dequantise.h"

namespace moebench {
namespace {

std::string Named(const char* what, int value) { return what + (" " + std::to_string(value)); }

// Row `row` of an array with `cols` columns.
template <typename T>
T* RowOf(std::span<T> rows, int row, int cols) {
  return rows.data() + std::ptrdiff_t{row} * cols;
}

}  // namespace

Transformer::Transformer(ModelWeights weights, Team& team, IsaLevel isa, int context_tokens,
                         KvType kv, const MemoryBinder& bind)
    : weights_(std::move(weights)),
      team_(team),
      kernels_(KernelsFor(isa)),
      attention_(AttentionKernelsFor(isa)) {
  const Hyper& h = weights_.hyper;
  if (context_tokens < 1 || context_tokens > h.context) {
    throw Error("a context of " + std::to_string(context_tokens) + " tokens was asked for",
                "native engine", "this model was trained for 1 to " + std::to_string(h.context),
                ExitCode::kConfig);
  }
  rope_ = RopeTable(context_tokens, h.head_dim, h.rope_base, h.rope_style);
  cache_ = KvCache({kv, h.head_dim, h.value_dim}, h.n_layers, h.n_kv_heads, context_tokens, bind);
  space_ = Workspace(h, cache_.shape(), team.size(), bind);
  stats_.touched.resize(static_cast<std::size_t>(h.n_layers) *
                        static_cast<std::size_t>(h.n_experts));
  for (int thread = 0; thread < team.size(); ++thread) {
    products_.emplace_back(kernels_, thread);
    PrepareProducts(thread);
  }
  team_.Run([&](int thread) { cache_.Clear(thread, team_.size()); });
}

void Transformer::PrepareProducts(int thread) {
  Products& products = products_[static_cast<std::size_t>(thread)];
  for (const LayerWeights& w : weights_.layers) {
    for (const PackedMatrix* shared : {&w.q, &w.k, &w.v, &w.router, &w.gate}) {
      products.Prepare(*shared, shared->shape().rows);
    }
    for (const PackedMatrix* own : {&w.attn_out, &w.up, &w.down}) {
      products.Prepare(*own, own->RowsOf(thread).size());
    }
  }
  products.Prepare(weights_.output, weights_.hyper.vocabulary);
}

void Transformer::Forward(std::span<const int> tokens, int k, LogitsOf wanted,
                          std::span<float> logits) {
  const Hyper& h = weights_.hyper;
  if (k < 1 || k > h.n_experts) {
    throw Error(Named("k =", k) + " experts per token", "native engine",
                "this model takes 1 to " + std::to_string(h.n_experts), ExitCode::kConfig);
  }
  if (tokens.size() > static_cast<std::size_t>(cache_.context() - position_)) {
    throw Error(std::to_string(static_cast<std::size_t>(position_) + tokens.size()) +
                    " tokens do not fit a context of " + std::to_string(cache_.context()),
                "native engine", "use a shorter prompt or fewer new tokens", ExitCode::kConfig);
  }
  for (const int token : tokens) {
    if (token >= 0 && token < h.vocabulary) continue;
    throw Error(Named("token", token) + " is not in the vocabulary", "native engine",
                "ids are below " + std::to_string(h.vocabulary));
  }
  const std::size_t rows = wanted == LogitsOf::kAll ? tokens.size() : 1;
  CHECK(wanted == LogitsOf::kNone ||
        logits.size() == rows * static_cast<std::size_t>(h.vocabulary));
  const std::size_t batch = static_cast<std::size_t>(std::min(kMaxBatch, space_.max_slots / k));
  for (std::size_t at = 0; at < tokens.size(); at += batch) {
    const std::size_t n = std::min(batch, tokens.size() - at);
    Pass pass{.tokens = tokens.subspan(at, n),
              .n = static_cast<int>(n),
              .k = k,
              .first_position = position_,
              .wanted = wanted,
              .logits = logits.data()};
    if (wanted == LogitsOf::kLast && at + n < tokens.size()) pass.wanted = LogitsOf::kNone;
    if (wanted == LogitsOf::kAll) pass.logits += at * static_cast<std::size_t>(h.vocabulary);
    RunPass(pass);
  }
}

void Transformer::RunPass(const Pass& pass) {
  not_finite_ = false;
  team_.Run([&](int thread) { PassOf(thread, pass); });
  if (not_finite_) {
    throw Error("the model computed numbers that are not finite",
                Named("position", pass.first_position), "the file's weights are damaged");
  }
  position_ += pass.n;
  CountPass(pass);
}

void Transformer::PassOf(int thread, const Pass& pass) {
  Embed(thread, pass);
  team_.Barrier(thread);
  for (int layer = 0; layer < weights_.hyper.n_layers; ++layer) {
    Attention(thread, pass, layer);
    team_.Barrier(thread);
    Experts(thread, pass, layer);
    team_.Barrier(thread);
    if (thread == 0 && on_layer_) on_layer_();
  }
  if (pass.wanted != LogitsOf::kNone) Head(thread, pass);
}

void Transformer::Embed(int thread, const Pass& pass) {
  const int d = weights_.hyper.d_model;
  const std::size_t row_bytes = RawRowBytes(weights_.embedding_type, d);
  const Range mine = TokensOf(thread, pass);
  for (int t = mine.begin; t < mine.end; ++t) {
    const std::size_t token = static_cast<std::size_t>(pass.tokens[static_cast<std::size_t>(t)]);
    ReadRawRow(weights_.embedding_type, weights_.embedding.data() + token * row_bytes, d,
               RowOf(space_.x, t, d));
  }
}

const ActivationRows& Transformer::Norm(int thread, const Pass& pass, std::span<const float> weight,
                                        bool quantise) {
  const int d = weights_.hyper.d_model;
  if (pass.n == 1) return NormOne(thread, 0, weight, quantise);
  const Range mine = TokensOf(thread, pass);
  for (int token = mine.begin; token < mine.end; ++token) {
    kernels_.rms_norm(RowOf(space_.x, token, d), weight.data(), d,
                      static_cast<float>(weights_.hyper.rms_eps),
                      space_.normed.f32 + std::ptrdiff_t{token} * d);
    if (quantise) QuantiseColumns(kernels_, space_.normed, 0, pass.n, token, 0, d);
  }
  team_.Barrier(thread);
  return space_.normed;
}

const ActivationRows& Transformer::NormOne(int thread, int token, std::span<const float> weight,
                                           bool quantise) {
  const int d = weights_.hyper.d_model;
  const ActivationRows& own = Own(thread).normed;
  kernels_.rms_norm(RowOf(space_.x, token, d), weight.data(), d,
                    static_cast<float>(weights_.hyper.rms_eps), own.f32);
  if (quantise) QuantiseColumns(kernels_, own, 0, 1, 0, 0, d);
  return own;
}

void Transformer::AddToResidual(int thread, const PackedMatrix& matrix, int row, int token,
                                float scale) {
  const Range rows = matrix.RowsOf(thread);
  kernels_.axpy(scale, RowOf(Own(thread).products, row, rows.size()),
                RowOf(space_.x, token, weights_.hyper.d_model) + rows.begin, rows.size());
}

void Transformer::Head(int thread, const Pass& pass) {
  const PackedMatrix& head = weights_.output;
  const bool last_only = pass.wanted == LogitsOf::kLast;
  const int first = last_only ? pass.n - 1 : 0;
  const ActivationRows& x = last_only
                                ? NormOne(thread, first, weights_.output_norm, head.quantised())
                                : Norm(thread, pass, weights_.output_norm, head.quantised());
  Multiply(thread, head, 0, x, 0, pass.n - first, pass.logits + head.RowsOf(thread).begin,
           head.shape().rows);
  // The sum of squares of a row is finite only if all of it is; what was not finite in any layer
  // has come down the residual stream.
  const auto finite = [&](const float* row, int n) {
    return std::isfinite(kernels_.dot(row, row, n));
  };
  const int d = weights_.hyper.d_model;
  const Range rows = head.RowsOf(thread);
  for (int token = first; token < pass.n; ++token) {
    const float* logits = pass.logits + std::ptrdiff_t{token - first} * head.shape().rows;
    if (finite(RowOf(space_.x, token, d), d) && finite(logits + rows.begin, rows.size())) continue;
    not_finite_.store(true, std::memory_order_relaxed);
  }
}

void Transformer::CountPass(const Pass& pass) {
  const Hyper& h = weights_.hyper;
  stats_.tokens += pass.n;
  stats_.weight_bytes +=
      pass.n * static_cast<int64_t>(RawRowBytes(weights_.embedding_type, h.d_model));
  if (pass.wanted != LogitsOf::kNone) stats_.weight_bytes += weights_.head_bytes;
  for (const LayerWeights& layer : weights_.layers) stats_.weight_bytes += layer.dense_bytes;
  for (int token = 0; token < pass.n; ++token) {
    stats_.kv_bytes += (pass.first_position + token + 1) * cache_.BytesPerPosition();
  }
}

std::vector<std::span<const std::byte>> Transformer::MemoryInUse() const {
  std::vector<std::span<const std::byte>> all{weights_.shared.used(), cache_.arena().used()};
  for (const Arena& slice : weights_.slices) all.push_back(slice.used());
  return all;
}

}  // namespace moebench
