#include <fmt/format.h>

#include <algorithm>

#include "runners/native/facts/read_parts.h"

namespace moebench {
namespace {

// What the key says must be what the architecture always does, unless it is one that asks the key:
// a model computed in another way than it was trained gives figures that look right.
bool NormOf(const Keys& keys, const Architecture& arch) {
  bool norm = arch.norm_topk;
  for (const char* key : {"expert_weights_norm", "norm_topk_prob", "norm_top_k_prob"}) {
    if (!keys.Has(key)) continue;
    norm = keys.file().GetBool(keys.Name(key));
    if (norm == arch.norm_topk || arch.norm_is_read) break;
    keys.file().Fail(fmt::format("metadata '{}' is {}, only {} is supported for a {}",
                                 keys.Name(key), norm, arch.norm_topk, arch.name));
  }
  return norm;
}

Gating GatingOf(const Keys& keys, const Architecture& arch) {
  constexpr char kKey[] = "expert_gating_func";
  constexpr int kAbsent = 0, kSoftmax = 1, kSigmoid = 2, kSoftmaxOfChosen = 3;  // llama.cpp's
  const int number = keys.IntOr(kKey, kAbsent, 1000);
  if (number == kAbsent) return arch.gating;
  const Gating gating = number == kSigmoid           ? Gating::kSigmoid
                        : number == kSoftmaxOfChosen ? Gating::kSoftmaxOfChosen
                                                     : Gating::kSoftmax;
  const bool known = number >= kSoftmax && number <= kSoftmaxOfChosen;
  if (known && (arch.gating_is_read || gating == arch.gating)) return gating;
  const int only = arch.gating == Gating::kSoftmax   ? kSoftmax
                   : arch.gating == Gating::kSigmoid ? kSigmoid
                                                     : kSoftmaxOfChosen;
  keys.file().Fail(
      arch.gating_is_read
          ? fmt::format("metadata '{}' is {}, only 1 (softmax), 2 (sigmoid) and 3 (softmax of the "
                        "chosen) are supported",
                        keys.Name(kKey), number)
          : fmt::format("metadata '{}' is {}, only {} is supported for a {}", keys.Name(kKey),
                        number, only, arch.name));
}

void ReadGroups(const Keys& keys, Hyper& hyper) {
  RoutingShape& routing = hyper.routing;
  const int groups = keys.IntOr("expert_group_count", 0, hyper.n_experts);
  if (groups <= 1) return;
  const int used = keys.Int("expert_group_used_count", groups);
  if (hyper.n_experts % groups != 0 || hyper.n_experts / groups < 2) {
    keys.file().Fail(
        fmt::format("{} experts can't be {} groups of two or more", hyper.n_experts, groups));
  }
  if (hyper.k0 > used * (hyper.n_experts / groups)) {
    keys.file().Fail(fmt::format("metadata '{}' is {}, more than the {} experts of {} groups",
                                 keys.Name("expert_used_count"), hyper.k0,
                                 used * (hyper.n_experts / groups), used));
  }
  routing.n_groups = groups;
  routing.groups_used = used;
}

// N from the router, the width from the expert tensors: what the metadata say of the width may be
// absent or for a dense layer, and width is never d_ff / k.
void ReadExperts(const Keys& keys, const Architecture& arch, int first, Hyper& hyper) {
  const GgufFile& file = keys.file();
  hyper.n_experts = keys.Int("expert_count", kMaxExperts);
  const auto tensor = [first](const char* name) { return LayerTensor(first, name); };
  const int routed = RowsOf(file, tensor("ffn_gate_inp.weight"), kMaxExperts);
  if (routed != hyper.n_experts) {
    file.Fail(fmt::format("metadata '{}' is {} but the router of layer {} chooses from {} experts",
                          keys.Name("expert_count"), hyper.n_experts, first, routed));
  }
  hyper.k0 = keys.SameInAllLayers("expert_used_count", hyper.n_layers + hyper.n_prediction_layers,
                                  kMaxExperts);
  if (hyper.k0 > hyper.n_experts) {
    file.Fail(fmt::format("metadata '{}' is {}, more than the {} experts there are",
                          keys.Name("expert_used_count"), hyper.k0, hyper.n_experts));
  }
  const bool may_fuse = arch.fused_gate_up != Has::kNo;
  hyper.fused_gate_up = may_fuse && file.Find(tensor("ffn_gate_up_exps.weight")) != nullptr;
  const char* up = hyper.fused_gate_up ? "ffn_gate_up_exps.weight" : "ffn_up_exps.weight";
  const int rows = RowsOf(file, tensor(up), 2 * kMaxWidth);
  if (hyper.fused_gate_up && rows % 2 != 0) {
    file.Fail(fmt::format("tensor '{}' has {} rows, an odd number", tensor(up), rows));
  }
  hyper.expert_width = hyper.fused_gate_up ? rows / 2 : rows;
  if (hyper.expert_width > kMaxWidth) {
    file.Fail(fmt::format("experts of width {}, the limit is {}", hyper.expert_width, kMaxWidth));
  }
  hyper.norm_topk = NormOf(keys, arch);
  hyper.activation = arch.activation;
  hyper.expert_bias = arch.expert_bias;
  RoutingShape& routing = hyper.routing;
  routing.gating = GatingOf(keys, arch);
  routing.logit_bias = arch.expert_bias;
  routing.selection_bias =
      arch.selection_bias == Has::kYes ||
      (arch.selection_bias == Has::kMaybe && file.Find(tensor("exp_probs_b.bias")) != nullptr);
  routing.scale = keys.FloatOr("expert_weights_scale", 1, 0, 1e6);
  if (routing.scale == 0) routing.scale = 1;  // llama.cpp writes 0 for "none"
  if (routing.scale != 1 && !arch.scale_is_read) {
    file.Fail(fmt::format("metadata '{}' is {}, only 1 is supported for a {}",
                          keys.Name("expert_weights_scale"), routing.scale, arch.name));
  }
  ReadGroups(keys, hyper);
  const bool shared =
      arch.shared == Has::kYes ||
      (arch.shared == Has::kMaybe && file.Find(tensor("ffn_up_shexp.weight")) != nullptr);
  if (!shared) return;
  hyper.shared_width = RowsOf(file, tensor("ffn_up_shexp.weight"), kMaxWidth);
  hyper.n_shared_experts = std::max(1, keys.IntOr("expert_shared_count", 1, kMaxExperts));
  hyper.shared_gate = arch.shared_gate;
}

}  // namespace

void ReadFeedForward(const Keys& keys, const Architecture& arch, Hyper& hyper) {
  const GgufFile& file = keys.file();
  if (arch.ffn_norm_is_post_attention_norm) {
    hyper.ffn_norm_tensor = "post_attention_norm.weight";
  }
  const bool stated = keys.Has("expert_count") && file.GetInt(keys.Name("expert_count")) != 0;
  if (!stated && arch.experts == Has::kYes) {
    file.Fail(
        fmt::format("is a dense model: metadata '{}' is absent or 0", keys.Name("expert_count")),
        fmt::format("a {} has experts", arch.name));
  }
  if (stated && arch.experts == Has::kNo) {
    file.Fail(fmt::format("has experts (metadata '{}'), which no {} has", keys.Name("expert_count"),
                          arch.name));
  }
  const int dense = stated ? keys.IntOr("leading_dense_block_count", 0, 1 << 20) : hyper.n_layers;
  for (int i = 0; i < std::min(dense, hyper.n_layers); ++i) {
    LayerShape& layer = hyper.layers[static_cast<std::size_t>(i)];
    layer.feed_forward = FeedForward::kDense;
    layer.dense_width = RowsOf(file, LayerTensor(i, "ffn_up.weight"), kMaxWidth);
  }
  if (dense < hyper.n_layers) {
    ReadExperts(keys, arch, dense, hyper);
  } else if (stated) {
    file.Fail(fmt::format("metadata '{}' is {}: no layer of {} has experts",
                          keys.Name("leading_dense_block_count"), dense, hyper.n_layers));
  }
}

}  // namespace moebench
