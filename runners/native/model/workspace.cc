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
    if (cols % kActivationBlock != 0) return out;  // no quantised matrix has so many inputs
    out.blocks = Array<ActivationBlock>(rows, cols / kActivationBlock).data();
    return out;
  }

 private:
  Arena* arena_;
  std::size_t bytes_ = 0;
};

void Place(const Hyper& h, const KvShape& kv, Layout& layout, Workspace& space) {
  const int group = h.n_heads / h.n_kv_heads;
  space.x = layout.Array<float>(kMaxBatch, h.d_model);
  space.normed = layout.Rows(kMaxBatch, h.d_model);
  space.q = layout.Array<float>(kMaxBatch, h.n_heads * h.head_dim);
  space.k = layout.Array<float>(kMaxBatch, h.n_kv_heads * h.head_dim);
  space.v = layout.Array<float>(kMaxBatch, h.n_kv_heads * h.value_dim);
  space.queries = layout.Array<std::byte>(
      1, AttentionWork::MostPackedBytes(kv, h.n_kv_heads, group, kMaxBatch));
  space.seen =
      layout.Array<float>(1, AttentionWork::MostStateFloats(kv, h.n_kv_heads, group, kMaxBatch));
  space.attended = layout.Rows(kMaxBatch, h.n_heads * h.value_dim);
  space.router = layout.Array<float>(kMaxBatch, h.n_experts);
  space.ids = layout.Array<int>(space.max_slots, 1);
  space.weights = layout.Array<float>(space.max_slots, 1);
  space.gathered = layout.Rows(space.max_slots, h.d_model);
  space.hidden = layout.Rows(space.max_slots, h.expert_width);
  for (ThreadSpace& own : space.threads) {
    own.normed = layout.Rows(1, h.d_model);
    own.head = layout.Array<float>(h.head_dim, 1);
    own.products = layout.Array<float>(kMaxBatch, std::max(h.d_model, h.expert_width));
    own.router = layout.Array<float>(h.n_experts, 1);
    own.ids = layout.Array<int>(h.n_experts, 1);
    own.weights = layout.Array<float>(h.n_experts, 1);
    own.groups.begin = layout.Array<int>(h.n_experts + 1, 1);
    own.groups.token = layout.Array<int>(space.max_slots, 1);
    own.groups.weight = layout.Array<float>(space.max_slots, 1);
    own.executed = layout.Array<int>(kMaxBatch, 1);
  }
}

}  // namespace

Workspace::Workspace(const Hyper& hyper, const KvShape& kv, int n_threads, const MemoryBinder& bind)
    : max_slots(std::max(kMaxBatch * hyper.k0, hyper.n_experts)),
      threads(static_cast<std::size_t>(n_threads)) {
  Layout sizes(nullptr);
  Place(hyper, kv, sizes, *this);
  arena = Arena(sizes.bytes(), bind);
  Layout layout(&arena);
  Place(hyper, kv, layout, *this);
}

}  // namespace moebench
