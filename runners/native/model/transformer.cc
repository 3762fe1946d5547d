#include "runners/native/model/transformer.h"

#include <algorithm>
#include <cmath>

#include "harness/base/error.h"
#include "runners/native/kernels/dequantise.h"

namespace moebench {
namespace {

RoutingRule RuleOf(const Hyper& h) {
  const RoutingShape& shape = h.routing;
  return {.gate = shape.gating == Gating::kSoftmax   ? Gate::kSoftmax
                  : shape.gating == Gating::kSigmoid ? Gate::kSigmoid
                                                     : Gate::kSoftmaxOfChosen,
          .normalise = h.norm_topk,
          .scale = static_cast<float>(shape.scale),
          .n_groups = shape.n_groups,
          .groups_used = shape.groups_used};
}

// One thread of each group that holds whole experts; thread 0 if all hold a part of each.
std::vector<int> FirstOfGroups(const ModelWeights& weights, int n_threads) {
  for (const LayerWeights& layer : weights.layers) {
    const PackedMatrix& experts = layer.gate;
    if (!experts.by_groups()) continue;
    std::vector<int> first(static_cast<std::size_t>(experts.n_groups()), -1);
    for (int thread = n_threads - 1; thread >= 0; --thread) {
      first[static_cast<std::size_t>(experts.GroupOf(thread))] = thread;
    }
    return first;
  }
  return {0};
}

std::string Named(const char* what, int value) { return what + (" " + std::to_string(value)); }

// Row `row` of an array with `cols` columns.
template <typename T>
T* RowOf(std::span<T> rows, int row, int cols) {
  return rows.data() + std::ptrdiff_t{row} * cols;
}

}  // namespace

Transformer::Transformer(ModelWeights weights, Team& team, IsaLevel isa, int context_tokens,
                         KvType kv, const MemoryBinders& bind)
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
  routing_ = RuleOf(h);
  rope_ = RopeTable(context_tokens, h.rope, weights_.rope_factors);
  int cached_layers = 0;
  for (const LayerShape& layer : h.layers) {
    const bool cached = layer.mixer == Mixer::kAttention || layer.mixer == Mixer::kMla;
    cache_layer_.push_back(cached ? cached_layers++ : -1);
  }
  cache_ = KvCache({kv, h.head_dim, h.value_dim}, cached_layers, h.n_kv_heads, context_tokens,
                   bind.cache);
  recurrent_ = RecurrentStates(h, bind.cache);
  delta_columns_ = ColumnsOf(h.delta_net);
  counting_ = FirstOfGroups(weights_, team.size());
  std::vector<MemoryBinder> groups;
  if (weights_.whole_experts) {
    for (const int thread : counting_) {
      groups.push_back(bind.rows ? bind.rows(thread) : MemoryBinder());
    }
  }
  space_ = Workspace(h, cache_.shape(), cache_.context(), team.size(), groups, bind.shared);
  stats_.touched.resize(static_cast<std::size_t>(h.n_layers) *
                        static_cast<std::size_t>(h.n_experts));
  for (int thread = 0; thread < team.size(); ++thread) products_.emplace_back(kernels_, thread);
  team_.Run([&](int thread) {
    PrepareProducts(thread);  // by the thread itself: what it writes shares no line with others'
    cache_.Clear(thread, team_.size());
  });
  Reset();
}

void Transformer::PrepareProducts(int thread) {
  Products& products = products_[static_cast<std::size_t>(thread)];
  for (const LayerWeights& w : weights_.layers) {
    const RecurrentWeights& r = w.recurrent;
    for (const PackedMatrix* shared :
         {&w.q, &w.k, &w.v, &w.router, &w.gate, &w.mlp.gate, &w.mla.q_a, &w.mla.q, &w.mla.kv_a,
          &r.in, &r.z, &r.beta, &r.alpha}) {
      if (shared->shape().rows > 0) products.Prepare(*shared, shared->shape().rows);
    }
    if (w.down.by_groups()) products.Prepare(w.down, w.down.shape().rows);
    for (const PackedMatrix* own : {&w.attn_out, &w.up, &w.down, &w.mlp.up, &w.mlp.down}) {
      if (own->shape().rows > 0) products.Prepare(*own, own->RowsOf(thread).size());
    }
    if (w.mla.k_b.shape().rows > 0) {
      const Hyper& h = weights_.hyper;
      products.Prepare(w.mla.k_b, h.head_dim);
      products.Prepare(w.mla.v_b, h.n_heads * h.mla.value_dim);
    }
  }
  products.Prepare(weights_.output, weights_.hyper.vocabulary);
}

void Transformer::Forward(std::span<const int> tokens, int k, LogitsOf wanted,
                          std::span<float> logits, Hold hold) {
  const Hyper& h = weights_.hyper;
  if (k < std::min(1, most_experts()) || k > most_experts()) {
    throw Error(Named("k =", k) + " experts per token", "native engine",
                h.n_experts == 0 ? "this model is dense: 0"
                                 : "this model takes 1 to " + std::to_string(most_experts()),
                ExitCode::kConfig);
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
  CHECK(hold == Hold::kForGood || !has_recurrent_layers() ||
        position_ - recurrent_.confirmed() + std::ssize(tokens) <= kMostRevocable);
  const std::size_t rows = wanted == LogitsOf::kAll ? tokens.size() : 1;
  CHECK(wanted == LogitsOf::kNone ||
        logits.size() == rows * static_cast<std::size_t>(h.vocabulary));
  const std::size_t batch =
      static_cast<std::size_t>(k == 0 ? kMaxBatch : std::min(kMaxBatch, space_.max_slots / k));
  for (std::size_t at = 0; at < tokens.size(); at += batch) {
    const std::size_t n = std::min(batch, tokens.size() - at);
    Pass pass{.tokens = tokens.subspan(at, n),
              .n = static_cast<int>(n),
              .k = k,
              .first_position = position_,
              .wanted = wanted,
              .logits = logits.data(),
              .hold = hold};
    if (wanted == LogitsOf::kLast && at + n < tokens.size()) pass.wanted = LogitsOf::kNone;
    if (wanted == LogitsOf::kAll) pass.logits += at * static_cast<std::size_t>(h.vocabulary);
    RunPass(pass);
  }
}

void Transformer::RunPass(const Pass& pass) {
  not_finite_ = false;
  if (pass.hold == Hold::kForGood) Confirm();
  team_.Run([&](int thread) { PassOf(thread, pass); });
  if (not_finite_) {
    throw Error("the model computed numbers that are not finite",
                Named("position", pass.first_position), "the file's weights are damaged");
  }
  position_ += pass.n;
  recurrent_.EndPass(position_, pass.hold);
  CountPass(pass);
}

void Transformer::PassOf(int thread, const Pass& pass) {
  Embed(thread, pass);
  team_.Barrier(thread);
  for (int layer = 0; layer < weights_.hyper.n_layers; ++layer) {
    Mix(thread, pass, layer);
    team_.Barrier(thread);
    FeedForwardOf(thread, pass, layer);
    team_.Barrier(thread);
    if (thread == 0 && on_layer_) on_layer_();
  }
  if (pass.wanted != LogitsOf::kNone) Head(thread, pass);
}

void Transformer::Mix(int thread, const Pass& pass, int layer) {
  switch (weights_.hyper.layers[static_cast<std::size_t>(layer)].mixer) {
    case Mixer::kAttention:
      return Attention(thread, pass, layer);
    case Mixer::kMla:
      return Mla(thread, pass, layer);
    case Mixer::kDeltaNet:
      return DeltaNet(thread, pass, layer);
    case Mixer::kMamba2:
      return Mamba2(thread, pass, layer);
  }
}

void Transformer::Reset() {
  position_ = 0;
  if (!has_recurrent_layers()) return;
  team_.Run([&](int thread) { recurrent_.Clear(thread, team_.size()); });
  recurrent_.Restart();
}

void Transformer::Rewind(int position) {
  position_ = std::min(position_, position);
  CHECK(!has_recurrent_layers() || position_ >= recurrent_.confirmed());
}

void Transformer::SaveState(std::span<float> to) {
  Confirm();
  team_.Run([&](int thread) {
    recurrent_.Fold(kernels_, thread, team_.size());
    team_.Barrier(thread);
    recurrent_.Save(to, thread, team_.size());
  });
  recurrent_.EndPass(position_, Hold::kForGood);
}

void Transformer::RestoreState(std::span<const float> from, int position) {
  CHECK(position <= position_);
  position_ = position;
  team_.Run([&](int thread) { recurrent_.Restore(from, thread, team_.size()); });
  recurrent_.EndPass(position_, Hold::kForGood);
}

float* Transformer::NoteStep(const Pass& pass, int layer, int head, int token, float decay,
                             const float* key) {
  if (pass.hold == Hold::kForGood) return nullptr;
  const RecurrentStep step = recurrent_.Step(layer, head, pass.first_position + token);
  *step.decay = decay;
  std::copy_n(key, recurrent_.Layer(layer).cols, step.key);
  return step.change;
}

int Transformer::most_experts() const { return MostExperts(routing_, weights_.hyper.n_experts); }

void Transformer::Embed(int thread, const Pass& pass) {
  const int d = weights_.hyper.d_model;
  const std::size_t row_bytes = RawRowBytes(weights_.embedding_type, d);
  const Range mine = TokensOf(thread, pass);
  const float scale = static_cast<float>(weights_.hyper.embedding_scale);
  for (int t = mine.begin; t < mine.end; ++t) {
    const std::size_t token = static_cast<std::size_t>(pass.tokens[static_cast<std::size_t>(t)]);
    float* x = RowOf(space_.x, t, d);
    ReadRawRow(weights_.embedding_type, weights_.embedding.data() + token * row_bytes, d, x);
    if (scale != 1) std::transform(x, x + d, x, [=](float value) { return scale * value; });
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

void Transformer::Project(int thread, const Pass& pass, const PackedMatrix& matrix,
                          const ActivationRows& x, std::span<float> out,
                          std::span<const float> bias) {
  const Range rows = matrix.RowsOf(thread);
  const int width = matrix.shape().rows;
  float* mine = out.data() + rows.begin;
  Multiply(thread, matrix, 0, x, 0, pass.n, mine, width);
  if (bias.empty()) return;
  for (int token = 0; token < pass.n; ++token) {
    kernels_.axpy(1, bias.data() + rows.begin, mine + std::ptrdiff_t{token} * width, rows.size());
  }
}

void Transformer::MixedToResidual(int thread, const Pass& pass, int layer,
                                  const ActivationRows& mixed) {
  const LayerWeights& w = Layer(layer);
  team_.Barrier(thread);
  if (w.attn_out.quantised()) {
    const Range mine = TokensOf(thread, pass);
    for (int token = mine.begin; token < mine.end; ++token) {
      QuantiseColumns(kernels_, mixed, 0, pass.n, token, 0, mixed.cols);
    }
    team_.Barrier(thread);
  }
  Multiply(thread, w.attn_out, 0, mixed, 0, pass.n, Own(thread).products.data(),
           w.attn_out.RowsOf(thread).size());
  for (int token = 0; token < pass.n; ++token) {
    AddToResidual(thread, w.attn_out, token, token, 1.0f);
  }
}

void Transformer::AddToResidual(int thread, const PackedMatrix& matrix, int row, int token,
                                float scale) {
  const Range rows = matrix.RowsOf(thread);
  scale *= static_cast<float>(weights_.hyper.residual_scale);
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
  const float scale = static_cast<float>(weights_.hyper.logit_scale);
  const auto finite = [&](const float* row, int n) {
    return std::isfinite(kernels_.dot(row, row, n));
  };
  const int d = weights_.hyper.d_model;
  const Range rows = head.RowsOf(thread);
  for (int token = first; token < pass.n; ++token) {
    float* logits = pass.logits + std::ptrdiff_t{token - first} * head.shape().rows + rows.begin;
    if (scale != 1) {
      std::transform(logits, logits + rows.size(), logits, [=](float l) { return scale * l; });
    }
    if (finite(RowOf(space_.x, token, d), d) && finite(logits, rows.size())) continue;
    not_finite_.store(true, std::memory_order_relaxed);
  }
}

void Transformer::CountPass(const Pass& pass) {
  const Hyper& h = weights_.hyper;
  ++stats_.passes;
  stats_.tokens += pass.n;
  stats_.weight_bytes +=
      pass.n * static_cast<int64_t>(RawRowBytes(weights_.embedding_type, h.d_model));
  if (pass.wanted != LogitsOf::kNone) stats_.weight_bytes += weights_.head_bytes;
  for (const LayerWeights& layer : weights_.layers) stats_.weight_bytes += layer.dense_bytes;
  for (int token = 0; token < pass.n; ++token) {
    stats_.kv_bytes +=
        KvBytes(cache_.shape().type, KvNumbersRead(h, pass.first_position + token + 1));
  }
}

std::vector<UsedMemory> Transformer::MemoryInUse() const {
  using Kind = UsedMemory::Kind;
  std::vector<UsedMemory> all{{Kind::kSharedWeights, -1, weights_.shared.used()},
                              {Kind::kKvCache, -1, cache_.arena().used()},
                              {Kind::kRecurrentState, -1, recurrent_.arena().used()},
                              {Kind::kActivations, -1, space_.arena.used()}};
  for (const Arena& arena : space_.group_arenas) {
    all.push_back({Kind::kActivations, -1, arena.used()});
  }
  for (int thread = 0; thread < team_.size(); ++thread) {
    const std::size_t t = static_cast<std::size_t>(thread);
    all.push_back({Kind::kRows, thread, weights_.slices[t].used()});
    all.push_back({Kind::kExperts, thread, weights_.experts[t].used()});
  }
  return all;
}

}  // namespace moebench
