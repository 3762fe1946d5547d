// The mixture of experts: routing, the experts' products, their weighted sum. The rest of the
// forward pass is in transformer.cc.
#include <algorithm>
#include <iterator>

#include "harness/base/error.h"
#include "runners/native/kernels/routing.h"
#include "runners/native/model/transformer.h"

namespace moebench {
void Transformer::Experts(int thread, const Pass& pass, int layer) {
  const LayerWeights& w = Layer(layer);
  const bool shared = weights_.hyper.shared_width > 0;
  const bool mlp_reads_blocks = shared && (w.mlp.gate.quantised() || w.mlp.up.quantised());
  const ActivationRows& x =
      Norm(thread, pass, w.ffn_norm,
           w.gate.quantised() || w.up.quantised() || w.router.quantised() || mlp_reads_blocks);
  Project(thread, pass, w.router, x, space_.router, w.router_bias);
  team_.Barrier(thread);
  const ExpertGroups& groups = Route(thread, pass, layer);
  GateAndUp(thread, pass, layer, groups, Gather(thread, pass, layer, groups, x));
  if (shared) MlpHidden(thread, pass, w.mlp, x);
  team_.Barrier(thread);
  if (thread == 0) CountExperts(pass, w);
  Down(thread, layer, groups);
  if (w.down.by_groups()) {
    team_.Barrier(thread);
    AddGiven(thread, pass, groups);
  }
  if (shared) MlpDown(thread, pass, w, x);
}

const ExpertGroups& Transformer::Route(int thread, const Pass& pass, int layer) {
  const Hyper& h = weights_.hyper;
  RoutingRule rule = routing_;
  if (h.routing.selection_bias) rule.selection_bias = Layer(layer).selection_bias.data();
  const std::size_t n = static_cast<std::size_t>(h.n_experts), k = static_cast<std::size_t>(pass.k);
  ThreadSpace& own = Own(thread);
  if (pass.n == 1) {
    std::copy_n(space_.router.data(), n, own.router.data());
    RouteTopK(kernels_, rule, own.router, own.routing, own.ids.first(k), own.weights.first(k));
    GroupByExpert(own.ids, own.weights, 1, pass.k, own.groups);
    return own.groups;
  }
  const Range mine = TokensOf(thread, pass);
  for (int token = mine.begin; token < mine.end; ++token) {
    const std::size_t t = static_cast<std::size_t>(token);
    RouteTopK(kernels_, rule, space_.router.subspan(t * n, n), own.routing,
              space_.ids.subspan(t * k, k), space_.weights.subspan(t * k, k));
  }
  team_.Barrier(thread);
  GroupByExpert(space_.ids, space_.weights, pass.n, pass.k, own.groups);
  return own.groups;
}

// The rows of x in the order of the groups; all slots of a single token read its one row.
const ActivationRows& Transformer::Gather(int thread, const Pass& pass, int layer,
                                          const ExpertGroups& groups, const ActivationRows& x) {
  if (pass.n == 1) return x;
  const LayerWeights& w = Layer(layer);
  const bool quantised = w.gate.quantised() || w.up.quantised();
  const bool f32 = !w.gate.quantised() || !w.up.quantised();
  const ActivationGroup from = x.Group(0, pass.n);
  const Range slots = PartOf(pass.n * pass.k, 1, thread, team_.size());
  for (int expert = 0; expert < weights_.hyper.n_experts; ++expert) {
    const std::size_t e = static_cast<std::size_t>(expert);
    const int first = groups.begin[e], end = groups.begin[e + 1];
    const ActivationGroup to = space_.gathered.Group(first, end - first);
    for (int slot = std::max(first, slots.begin); slot < std::min(end, slots.end); ++slot) {
      const int token = groups.token[static_cast<std::size_t>(slot)];
      if (f32) {
        std::copy_n(x.f32 + std::ptrdiff_t{token} * x.cols, x.cols,
                    space_.gathered.f32 + std::ptrdiff_t{slot} * x.cols);
      }
      if (!quantised) continue;
      const ActivationBlock* in = from.Row(token);
      ActivationBlock* out = to.Row(slot - first);
      const int in_stride = from.Stride(token), out_stride = to.Stride(slot - first);
      for (int b = 0; b < from.blocks; ++b, in += in_stride, out += out_stride) *out = *in;
    }
  }
  team_.Barrier(thread);
  return space_.gathered;
}

void Transformer::GateAndUp(int thread, const Pass& pass, int layer, const ExpertGroups& groups,
                            const ActivationRows& x) {
  const LayerWeights& w = Layer(layer);
  const int width = weights_.hyper.expert_width, n_slots = pass.n * pass.k;
  const Range rows = w.gate.RowsOf(thread);
  const bool quantise = w.down.quantised();
  const bool whole_blocks = SlicesAreWholeBlocks(w.gate);
  const ActivationRows& hidden_rows = HiddenOf(w.gate.GroupOf(thread));
  ThreadSpace& own = Own(thread);
  const bool counts = std::find(counting_.begin(), counting_.end(), thread) != counting_.end();
  uint8_t* touched =
      stats_.touched.data() + std::ptrdiff_t{layer} * weights_.hyper.n_experts;  // of this layer
  uint8_t* recorded = counts ? RecordedOf(pass, layer) : nullptr;  // [pass.n, n_layers, n_experts]
  std::fill_n(own.executed.data(), pass.n, 0);
  own.expert_runs = 0;
  for (int expert = 0; expert < weights_.hyper.n_experts; ++expert) {
    const std::size_t e = static_cast<std::size_t>(expert);
    const int first = groups.begin[e], n = groups.begin[e + 1] - first;
    if (n == 0 || !w.gate.Holds(thread, expert)) continue;
    const int x_row = pass.n == 1 ? 0 : first;
    float* hidden = hidden_rows.f32 + std::ptrdiff_t{first} * width + rows.begin;
    float* ups = own.products.data();
    const int* tokens = groups.token.data() + first;
    Multiply(thread, w.gate, expert, x, x_row, n, hidden, width);
    Multiply(thread, w.up, expert, x, x_row, n, ups, rows.size());
    for (int i = 0; i < n; ++i) {
      Activate(hidden + std::ptrdiff_t{i} * width, ups + std::ptrdiff_t{i} * rows.size(), expert, w,
               rows);
      if (quantise && whole_blocks) {
        QuantiseColumns(kernels_, hidden_rows, first, n, i, rows.begin, rows.end);
      }
      ++own.executed[static_cast<std::size_t>(tokens[i])];
      if (recorded == nullptr) continue;
      recorded[std::ptrdiff_t{tokens[i]} * std::ssize(stats_.touched) + expert] = 1;
    }
    ++own.expert_runs;
    if (counts) touched[e] = 1;
  }
  if (quantise && !whole_blocks) {
    team_.Barrier(thread);
    const Range slots = PartOf(n_slots, 1, thread, team_.size());
    for (int expert = 0; expert < weights_.hyper.n_experts; ++expert) {
      const std::size_t e = static_cast<std::size_t>(expert);
      const int first = groups.begin[e], end = groups.begin[e + 1];
      for (int slot = std::max(first, slots.begin); slot < std::min(end, slots.end); ++slot) {
        QuantiseColumns(kernels_, HiddenOf(w.gate.GroupWith(expert)), first, end - first,
                        slot - first, 0, width);
      }
    }
  }
}

// Where the layer's experts of the pass' first token are noted; nullptr if nobody asked for that.
uint8_t* Transformer::RecordedOf(const Pass& pass, int layer) {
  if (stats_.recorded.empty()) return nullptr;
  const std::ptrdiff_t row = pass.first_position - stats_.first_recorded;
  const std::ptrdiff_t rows = std::ssize(stats_.recorded) / std::ssize(stats_.touched);
  CHECK(row >= 0 && row + pass.n <= rows);
  return stats_.recorded.data() + row * std::ssize(stats_.touched) +
         std::ptrdiff_t{layer} * weights_.hyper.n_experts;
}

// gate = act(gate, up) for these rows of one expert.
void Transformer::Activate(float* gate, float* up, int expert, const LayerWeights& w,
                           Range rows) const {
  if (!w.gate_bias.empty()) {
    const std::ptrdiff_t first = std::ptrdiff_t{expert} * weights_.hyper.expert_width + rows.begin;
    kernels_.axpy(1, w.gate_bias.data() + first, gate, rows.size());
    kernels_.axpy(1, w.up_bias.data() + first, up, rows.size());
  }
  const bool clamped = weights_.hyper.activation == Activation::kSwiGluClamped;
  (clamped ? kernels_.swiglu_clamped : kernels_.swiglu)(gate, up, rows.size());
}

// What the threads have counted where they computed it, once for every expert.
void Transformer::CountExperts(const Pass& pass, const LayerWeights& w) {
  for (const int thread : counting_) {
    stats_.expert_runs += Own(thread).expert_runs;
    stats_.weight_bytes += Own(thread).expert_runs * w.expert_bytes;
  }
  for (int token = 0; token < pass.n; ++token) {
    int executed = 0;
    for (const int thread : counting_) {
      executed += Own(thread).executed[static_cast<std::size_t>(token)];
    }
    stats_.CountToken(executed);
  }
}

// The weighted sum over a token's experts, in their order. Threads that hold a part of every expert
// add their own rows; those that hold whole experts leave what these give to AddGiven.
void Transformer::Down(int thread, int layer, const ExpertGroups& groups) {
  const PackedMatrix& down = Layer(layer).down;
  const ActivationRows& hidden = HiddenOf(down.GroupOf(thread));
  const std::span<const float> bias = Layer(layer).down_bias;
  const Range rows = down.RowsOf(thread);
  const bool whole = down.by_groups();
  const int d = weights_.hyper.d_model;
  for (int expert = 0; expert < weights_.hyper.n_experts; ++expert) {
    const std::size_t e = static_cast<std::size_t>(expert);
    const int first = groups.begin[e], n = groups.begin[e + 1] - first;
    if (n == 0 || !down.Holds(thread, expert)) continue;
    float* out = whole ? space_.given.data() + std::ptrdiff_t{first} * d + rows.begin
                       : Own(thread).products.data();
    const int out_width = whole ? d : rows.size();
    Multiply(thread, down, expert, hidden, first, n, out, out_width);
    const int* tokens = groups.token.data() + first;
    const float* weights = groups.weight.data() + first;
    for (int i = 0; i < n; ++i) {
      if (!bias.empty()) {
        kernels_.axpy(1, bias.data() + std::ptrdiff_t{expert} * d + rows.begin,
                      out + std::ptrdiff_t{i} * out_width, rows.size());
      }
      if (!whole) AddToResidual(thread, down, i, tokens[i], weights[i]);
    }
  }
}

// The same sum in the same order, so the same to the bit: slots stand in the order of experts.
void Transformer::AddGiven(int thread, const Pass& pass, const ExpertGroups& groups) {
  const int d = weights_.hyper.d_model;
  const Range mine = PartOf(d, kTileRows, thread, team_.size());
  const float residual_scale = static_cast<float>(weights_.hyper.residual_scale);
  for (int slot = 0; slot < pass.n * pass.k; ++slot) {
    const std::size_t s = static_cast<std::size_t>(slot);
    kernels_.axpy(groups.weight[s] * residual_scale,
                  space_.given.data() + std::ptrdiff_t{slot} * d + mine.begin,
                  space_.x.data() + std::ptrdiff_t{groups.token[s]} * d + mine.begin, mine.size());
  }
}

}  // namespace moebench
