#include "runners/native/model/weights.h"

#include <cstring>
#include <limits>

#include "harness/base/error.h"
#include "runners/native/kernels/dequantise.h"
#include "runners/native/model/layer_weights.h"
#include "runners/native/model/mapped_pages.h"

namespace moebench {
namespace {

void RequireAddressable(const GgufFile& file, const Hyper& hyper) {
  const auto require = [&](int64_t heads, int64_t width) {
    if (2 * heads * width <= std::numeric_limits<int>::max()) return;
    file.Fail(std::to_string(heads) + " heads of width " + std::to_string(width) +
              " are more than the native engine can address");
  };
  require(hyper.n_heads, hyper.head_dim);
  require(hyper.n_heads, int64_t{hyper.mla.nope_dim} + hyper.rope.dims);
  require(hyper.n_heads, int64_t{hyper.mla.nope_dim} + hyper.mla.value_dim);
  require(2 * (int64_t{hyper.delta_net.n_key_heads} + hyper.delta_net.n_value_heads),
          hyper.delta_net.head_dim);
  require(hyper.mamba2.n_groups, int64_t{2} * hyper.mamba2.state);
}

// A bug of whoever made it, not of a file: the groups come from a plan for this model and team.
void RequireFits(const ExpertSplit& split, const Hyper& hyper, int n_threads) {
  if (split.empty()) return;
  CHECK(std::ssize(split.group_of_thread) == n_threads &&
        std::ssize(split.group_of_expert) == hyper.CountOf(FeedForward::kExperts));
  for (const auto& layer : split.group_of_expert) CHECK(std::ssize(layer) == hyper.n_experts);
}

void CopyShared(const WeightPlan& plan, ModelWeights& weights) {
  const TensorInfo& embedding = plan.file().Require("token_embd.weight");
  weights.embedding_type = plan.TypeOf(embedding);
  const std::span<std::byte> rows = weights.shared.TakeArray<std::byte>(embedding.size_bytes);
  const std::span<const std::byte> raw = plan.file().Bytes(embedding);
  MapPages(raw.data(), raw.size());
  std::memcpy(rows.data(), raw.data(), rows.size());
  ReleasePages(raw.data(), raw.size());
  weights.embedding = rows;
  for (const WeightPlan::Copy& copy : plan.copies()) {
    const TensorInfo& tensor = *copy.tensor;
    const std::span<float> out =
        weights.shared.TakeArray<float>(static_cast<std::size_t>(tensor.ElementCount()));
    std::vector<float> values(out.size());
    ReadRawRow(plan.TypeOf(tensor), plan.file().Bytes(tensor).data(),
               static_cast<int>(values.size()), values.data());
    const std::size_t row = static_cast<std::size_t>(copy.row), n_rows = values.size() / row;
    for (std::size_t i = 0; i < values.size(); ++i) out[i % row * n_rows + i / row] = values[i];
    *copy.out = out;
  }
}

void ReadAheadOf(const WeightPlan::Packing& work) {
  const MatrixShape& shape = work.matrix->shape();
  if (!work.transposed.empty()) return;
  ReadAhead(work.raw,
            work.raw_stride * static_cast<std::size_t>(shape.count - 1) + shape.RawBytes());
}

void PackAll(const WeightPlan& plan, Team& team, const MemoryBinders& bind,
             const LoadProgress& progress, ModelWeights& weights) {
  for (int thread = 0; thread < team.size(); ++thread) {
    std::size_t rows = 0, experts = 0;
    for (const auto& work : plan.packings()) {
      (work.whole_experts ? experts : rows) += Arena::Rounded(work.matrix->SliceBytesOf(thread));
    }
    const MemoryBinder binder = bind.rows ? bind.rows(thread) : MemoryBinder();
    weights.slices.emplace_back(rows, binder);
    weights.experts.emplace_back(experts, binder);
  }
  team.Run([&](int thread) {
    const std::size_t n = plan.packings().size();
    for (std::size_t i = 0; i < n; ++i) {
      if (thread == 0 && progress) {
        progress("packing weights", static_cast<double>(i) / static_cast<double>(n));
      }
      if (thread == 0 && i + 1 < n) ReadAheadOf(plan.packings()[i + 1]);
      const WeightPlan::Packing& work = plan.packings()[i];
      const RawAccess access = work.transposed.empty()
                                   ? RawAccess{work.raw_stride, MapPages, ReleasePages}
                                   : RawAccess{};
      std::vector<Arena>& arenas = work.whole_experts ? weights.experts : weights.slices;
      work.matrix->Pack(thread, work.raw, arenas[static_cast<std::size_t>(thread)], access);
    }
  });
}

}  // namespace

ModelWeights LoadWeights(const GgufFile& file, const Hyper& hyper, Team& team, IsaLevel isa,
                         const ExpertSplit& split, const MemoryBinders& bind,
                         const LoadProgress& progress) {
  RequireAddressable(file, hyper);
  RequireFits(split, hyper, team.size());
  ModelWeights weights;
  weights.hyper = hyper;
  weights.whole_experts = !split.empty();
  weights.layers.resize(static_cast<std::size_t>(hyper.n_layers));
  WeightPlan plan(file, isa, team.size(), split);
  for (int i = 0; i < hyper.n_layers; ++i) {
    PlanLayer(plan, hyper, i, weights.layers[static_cast<std::size_t>(i)]);
  }
  weights.head_bytes = plan.Vector("output_norm.weight", weights.output_norm);
  weights.head_bytes += plan.Matrix(hyper.tied_output ? "token_embd.weight" : "output.weight",
                                    hyper.vocabulary, hyper.d_model, {}, weights.output);
  if (hyper.rope.has_factors) plan.Vector("rope_freqs.weight", weights.rope_factors);

  std::size_t shared_bytes = Arena::Rounded(file.Require("token_embd.weight").size_bytes);
  for (const WeightPlan::Copy& copy : plan.copies()) {
    shared_bytes +=
        Arena::Rounded(static_cast<std::size_t>(copy.tensor->ElementCount()) * sizeof(float));
  }
  weights.shared = Arena(shared_bytes, bind.shared);
  CopyShared(plan, weights);
  PackAll(plan, team, bind, progress, weights);
  return weights;
}

}  // namespace moebench
