#include "runners/native/model/weights.h"

#include <cstring>
#include <limits>

#include "harness/base/error.h"
#include "runners/native/kernels/dequantise.h"
#include "runners/native/model/mapped_pages.h"

namespace moebench {
namespace {

struct Work {  // a matrix that is still to be packed
  PackedMatrix* matrix;
  const std::byte* raw;
};

WeightType TypeOf(const GgufFile& file, const TensorInfo& tensor) {
  for (int i = 0; i < kWeightTypes; ++i) {
    if (kWeightTraits[i].name == NameOf(tensor.type)) return static_cast<WeightType>(i);
  }
  std::string known;
  for (const WeightTraits& traits : kWeightTraits) {
    known += (known.empty() ? "" : ", ") + std::string(traits.name);
  }
  file.Fail("tensor '" + tensor.name + "' is " + std::string(NameOf(tensor.type)) +
                ", which the native engine does not compute with",
            "it takes " + known);
}

// Slices begin where a thread's outputs are whole blocks of the quantised rows that read them, as
// long as that leaves work for everyone.
int GranuleFor(int rows, int block, int n_threads) {
  if (block <= kTileRows || rows / block < n_threads) return kTileRows;
  return block;
}

class Loader {
 public:
  Loader(const GgufFile& file, const Hyper& hyper, Team& team, IsaLevel isa)
      : file_(file), team_(team), isa_(isa) {
    weights_.hyper = hyper;
  }

  ModelWeights Load(const MemoryBinder& bind, const LoadProgress& progress) {
    PlanMatrices();
    std::size_t shared_bytes = Arena::Rounded(file_.Require("token_embd.weight").size_bytes);
    for (const std::string& name : vector_names_) {
      shared_bytes += Arena::Rounded(static_cast<std::size_t>(file_.Require(name).ElementCount()) *
                                     sizeof(float));
    }
    weights_.shared = Arena(shared_bytes, bind);
    for (int thread = 0; thread < team_.size(); ++thread) {
      std::size_t bytes = 0;
      for (const Work& work : work_) bytes += Arena::Rounded(work.matrix->SliceBytesOf(thread));
      weights_.slices.emplace_back(bytes, bind);
    }
    CopyShared();
    team_.Run([&](int thread) {
      for (std::size_t i = 0; i < work_.size(); ++i) {
        if (thread == 0 && progress) {
          progress("packing weights", static_cast<double>(i) / static_cast<double>(work_.size()));
        }
        if (thread == 0 && i + 1 < work_.size()) {
          const MatrixShape& next = work_[i + 1].matrix->shape();
          ReadAhead(work_[i + 1].raw, next.RawBytes() * static_cast<std::size_t>(next.count));
        }
        work_[i].matrix->Pack(thread, work_[i].raw,
                              weights_.slices[static_cast<std::size_t>(thread)],
                              {.before = MapPages, .after = ReleasePages});
      }
    });
    return std::move(weights_);
  }

 private:
  int64_t Plan(const std::string& name, int rows, int cols, int count, int block,
               PackedMatrix& matrix) {
    const TensorInfo& tensor = file_.Require(name);
    WeightType type = TypeOf(file_, tensor);
    if (type == WeightType::kBF16 && isa_ == IsaLevel::kAvx512Bf16 && cols % 2 == 0) {
      type = WeightType::kBF16Pairs;
    }
    const MatrixShape shape{type, rows, cols, count};
    matrix = PackedMatrix(shape, GranuleFor(rows, block, team_.size()), team_.size());
    CHECK(tensor.size_bytes == shape.RawBytes() * static_cast<std::size_t>(count));
    work_.push_back({&matrix, file_.Bytes(tensor).data()});
    return static_cast<int64_t>(shape.RawBytes());
  }

  int64_t NormBytes(const std::string& name) {
    vector_names_.push_back(name);
    const TensorInfo& tensor = file_.Require(name);
    TypeOf(file_, tensor);
    return static_cast<int64_t>(tensor.size_bytes);
  }

  void PlanMatrices() {
    const Hyper& h = weights_.hyper;
    weights_.layers.resize(static_cast<std::size_t>(h.n_layers));
    if (h.head_dim > std::numeric_limits<int>::max() / h.n_heads) {
      file_.Fail(std::to_string(h.n_heads) + " heads of width " + std::to_string(h.head_dim) +
                 " are more than the native engine can address");
    }
    const int q_rows = h.n_heads * h.head_dim, kv_rows = h.n_kv_heads * h.head_dim;
    for (int i = 0; i < h.n_layers; ++i) {
      LayerWeights& layer = weights_.layers[static_cast<std::size_t>(i)];
      const auto name = [i](const char* tensor) { return LayerTensor(i, tensor); };
      int64_t& dense = layer.dense_bytes;
      dense += NormBytes(name("attn_norm.weight")) + NormBytes(name("ffn_norm.weight"));
      if (h.qk_norm) {
        dense += NormBytes(name("attn_q_norm.weight")) + NormBytes(name("attn_k_norm.weight"));
      }
      dense += Plan(name("attn_q.weight"), q_rows, h.d_model, 1, 1, layer.q);
      dense += Plan(name("attn_k.weight"), kv_rows, h.d_model, 1, 1, layer.k);
      dense += Plan(name("attn_v.weight"), kv_rows, h.d_model, 1, 1, layer.v);
      dense += Plan(name("attn_output.weight"), h.d_model, q_rows, 1, 1, layer.attn_out);
      dense += Plan(name("ffn_gate_inp.weight"), h.n_experts, h.d_model, 1, 1, layer.router);
      const int width = h.expert_width, n = h.n_experts;
      const TensorInfo& down = file_.Require(name("ffn_down_exps.weight"));
      const int block = IsQuantised(TypeOf(file_, down)) ? kActivationBlock : 1;
      layer.expert_bytes =
          Plan(name("ffn_gate_exps.weight"), width, h.d_model, n, block, layer.gate) +
          Plan(name("ffn_up_exps.weight"), width, h.d_model, n, block, layer.up) +
          Plan(name("ffn_down_exps.weight"), h.d_model, width, n, 1, layer.down);
    }
    weights_.head_bytes = NormBytes("output_norm.weight");
    weights_.head_bytes += Plan(h.tied_output ? "token_embd.weight" : "output.weight", h.vocabulary,
                                h.d_model, 1, 1, weights_.output);
  }

  std::span<const float> CopyVector(const std::string& name) {
    const TensorInfo& tensor = file_.Require(name);
    const std::span<float> out =
        weights_.shared.TakeArray<float>(static_cast<std::size_t>(tensor.ElementCount()));
    ReadRawRow(TypeOf(file_, tensor), file_.Bytes(tensor).data(), static_cast<int>(out.size()),
               out.data());
    return out;
  }

  void CopyShared() {
    const TensorInfo& embedding = file_.Require("token_embd.weight");
    weights_.embedding_type = TypeOf(file_, embedding);
    const std::span<std::byte> rows = weights_.shared.TakeArray<std::byte>(embedding.size_bytes);
    const std::span<const std::byte> raw = file_.Bytes(embedding);
    MapPages(raw.data(), raw.size());
    std::memcpy(rows.data(), raw.data(), rows.size());
    ReleasePages(raw.data(), raw.size());
    weights_.embedding = rows;
    weights_.output_norm = CopyVector("output_norm.weight");
    for (std::size_t i = 0; i < weights_.layers.size(); ++i) {
      LayerWeights& layer = weights_.layers[i];
      const int n = static_cast<int>(i);
      layer.attn_norm = CopyVector(LayerTensor(n, "attn_norm.weight"));
      layer.ffn_norm = CopyVector(LayerTensor(n, "ffn_norm.weight"));
      if (!weights_.hyper.qk_norm) continue;
      layer.q_norm = CopyVector(LayerTensor(n, "attn_q_norm.weight"));
      layer.k_norm = CopyVector(LayerTensor(n, "attn_k_norm.weight"));
    }
  }

  const GgufFile& file_;
  Team& team_;
  IsaLevel isa_;
  ModelWeights weights_;
  std::vector<Work> work_;
  std::vector<std::string> vector_names_;
};

}  // namespace

ModelWeights LoadWeights(const GgufFile& file, const Hyper& hyper, Team& team, IsaLevel isa,
                         const MemoryBinder& bind, const LoadProgress& progress) {
  return Loader(file, hyper, team, isa).Load(bind, progress);
}

}  // namespace moebench
