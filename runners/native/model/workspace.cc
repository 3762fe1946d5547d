#include "runners/native/model/workspace.h"

#include <algorithm>

#include "runners/native/kernels/attention_work.h"

namespace moebench {
namespace {

// Lays buffers out; run once without memory to sum the sizes, then with it.
class Layout {
 public:
  explicit Layout(Arena* arena) : arena_(arena) {}
  std::size_t bytes() const { return bytes_; }

  template <typename T>
  std::span<T> Array(int rows, std::ptrdiff_t cols) {
    const std::size_t n = static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
    bytes_ += Arena::Rounded(n * sizeof(T));
    return arena_ == nullptr ? std::span<T>() : arena_->TakeArray<T>(n);
  }

  ActivationRows Rows(int rows, int cols) {
    ActivationRows out;
    out.cols = cols;
    out.f32 = Array<float>(rows, cols).data();
    // Rounded up for rows of fewer columns that are whole blocks (OfWidth).
    out.blocks =
        Array<ActivationBlock>(rows, (cols + kActivationBlock - 1) / kActivationBlock).data();
    return OfWidth(out, cols);
  }

 private:
  Arena* arena_;
  std::size_t bytes_ = 0;
};

int WidestMlp(const Hyper& h) {
  int widest = h.shared_width;
  for (const LayerShape& layer : h.layers) widest = std::max(widest, layer.dense_width);
  return widest;
}

// Of one head of a recurrent layer.
int LargestMemory(const Hyper& h) {
  const int scanned = h.mamba2.n_heads == 0 ? 0 : h.mamba2.inner / h.mamba2.n_heads;
  return std::max(h.delta_net.head_dim * h.delta_net.head_dim, scanned * h.mamba2.state);
}

void PlaceAttention(const Hyper& h, const KvShape& kv, int context, Layout& layout,
                    Workspace& space) {
  if (h.n_heads == 0) return;
  const int group = h.n_heads / h.n_kv_heads;
  const MlaShape& mla = h.mla;
  const int latent = mla.kv_rank == 0 ? 0 : h.head_dim, rows = kMaxBatch * h.n_heads;
  const int q_width =
      latent > 0 ? mla.nope_dim + h.rope.dims : (h.output_gate ? 2 : 1) * h.head_dim;
  space.q = layout.Array<float>(kMaxBatch, h.n_heads * q_width);
  space.k = layout.Array<float>(kMaxBatch, latent > 0 ? 0 : h.n_kv_heads * h.head_dim);
  space.v = layout.Array<float>(kMaxBatch, latent > 0 ? 0 : h.n_kv_heads * h.value_dim);
  space.attended = layout.Rows(kMaxBatch, h.n_heads * (latent > 0 ? mla.value_dim : h.value_dim));
  space.queries = layout.Array<std::byte>(
      1, AttentionWork::MostPackedBytes(kv, h.n_kv_heads, group, kMaxBatch));
  space.seen = layout.Array<float>(
      1, AttentionWork::MostStateFloats(kv, h.n_kv_heads, group, kMaxBatch, context));
  space.q_low = layout.Rows(kMaxBatch, mla.q_rank);
  space.latent = layout.Array<float>(kMaxBatch, latent);
  space.nope = layout.Rows(rows, mla.nope_dim);
  space.mla_query = layout.Array<float>(rows, latent);
  space.attended_latent = layout.Rows(rows, mla.kv_rank);
}

void PlaceRecurrent(const Hyper& h, Layout& layout, Workspace& space) {
  const DeltaNetShape& net = h.delta_net;
  const Mamba2Shape& mamba = h.mamba2;
  const int values = net.n_value_heads * net.head_dim;
  const int keys_and_values = 2 * net.n_key_heads * net.head_dim + values;
  const int channels = mamba.inner + 2 * mamba.n_groups * mamba.state;
  space.projected =
      layout.Array<float>(kMaxBatch, std::max(keys_and_values + (net.fused_qkvz ? values : 0),
                                              mamba.inner + channels + mamba.n_heads));
  space.z = layout.Array<float>(kMaxBatch, net.fused_qkvz ? 0 : values);
  space.beta = layout.Array<float>(kMaxBatch, (net.fused_beta_alpha ? 2 : 1) * net.n_value_heads);
  space.alpha = layout.Array<float>(kMaxBatch, net.fused_beta_alpha ? 0 : net.n_value_heads);
  space.convolved = layout.Array<float>(kMaxBatch, channels);
  space.remembered = layout.Rows(kMaxBatch, std::max(values, mamba.inner));
}

void Place(const Hyper& h, const KvShape& kv, int context, bool whole_experts, Layout& layout,
           Workspace& space) {
  const int widest_mlp = WidestMlp(h);
  space.x = layout.Array<float>(kMaxBatch, h.d_model);
  space.normed = layout.Rows(kMaxBatch, h.d_model);
  PlaceAttention(h, kv, context, layout, space);
  PlaceRecurrent(h, layout, space);
  space.mlp = layout.Rows(kMaxBatch, widest_mlp);
  space.router = layout.Array<float>(kMaxBatch, h.n_experts);
  space.ids = layout.Array<int>(space.max_slots, 1);
  space.weights = layout.Array<float>(space.max_slots, 1);
  space.gathered = layout.Rows(space.max_slots, h.d_model);
  if (!whole_experts) space.hidden = {layout.Rows(space.max_slots, h.expert_width)};
  space.given = layout.Array<float>(whole_experts ? space.max_slots : 0, h.d_model);
  for (ThreadSpace& own : space.threads) {
    own.normed = layout.Rows(1, h.d_model);
    own.products =
        layout.Array<float>(kMaxBatch, std::max({h.d_model, h.expert_width, widest_mlp}));
    own.head = layout.Array<float>(std::max(h.head_dim, 3 * h.delta_net.head_dim), 1);
    own.memory = layout.Array<float>(LargestMemory(h), 1);
    own.router = layout.Array<float>(h.n_experts, 1);
    own.routing = layout.Array<float>(2 * h.n_experts, 1);
    own.ids = layout.Array<int>(h.n_experts, 1);
    own.weights = layout.Array<float>(h.n_experts, 1);
    own.groups.begin = layout.Array<int>(h.n_experts + 1, 1);
    own.groups.token = layout.Array<int>(space.max_slots, 1);
    own.groups.weight = layout.Array<float>(space.max_slots, 1);
    own.executed = layout.Array<int>(kMaxBatch, 1);
  }
}

}  // namespace

ActivationRows OfWidth(ActivationRows rows, int cols) {
  rows.cols = cols;
  if (cols % kActivationBlock != 0)
    rows.blocks = nullptr;  // no quantised matrix has so many inputs
  return rows;
}

Workspace::Workspace(const Hyper& hyper, const KvShape& kv, int context, int n_threads,
                     const std::vector<MemoryBinder>& whole_experts, const MemoryBinder& bind)
    : max_slots(std::max(kMaxBatch * hyper.k0, hyper.n_experts)),
      threads(static_cast<std::size_t>(n_threads)) {
  Layout sizes(nullptr);
  Place(hyper, kv, context, !whole_experts.empty(), sizes, *this);
  arena = Arena(sizes.bytes(), bind);
  Layout layout(&arena);
  Place(hyper, kv, context, !whole_experts.empty(), layout, *this);
  for (const MemoryBinder& bind_group : whole_experts) {
    Layout size(nullptr);
    size.Rows(max_slots, hyper.expert_width);
    group_arenas.emplace_back(size.bytes(), bind_group);
    hidden.push_back(Layout(&group_arenas.back()).Rows(max_slots, hyper.expert_width));
  }
}

}  // namespace moebench
