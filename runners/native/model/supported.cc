#include "runners/native/model/supported.h"

#include <algorithm>

namespace moebench {

void RequireSupported(const GgufFile& file, const Hyper& hyper) {
  const auto any_layer = [&](auto has) {
    return std::any_of(hyper.layers.begin(), hyper.layers.end(), has);
  };
  const struct {
    bool asked;
    const char* feature;
  } lacks[] = {
      {hyper.CountOf(Mixer::kMla) > 0, "latent attention"},
      {hyper.CountOf(Mixer::kDeltaNet) > 0, "gated delta rule layers"},
      {hyper.CountOf(Mixer::kMamba2) > 0, "Mamba-2 layers"},
      {hyper.CountOf(FeedForward::kDense) > 0, "dense feed-forward layers"},
      {any_layer([](const LayerShape& layer) { return layer.window > 0; }), "sliding windows"},
      {any_layer([](const LayerShape& layer) { return layer.qkv_bias || layer.out_bias; }),
       "attention biases"},
      {hyper.sinks, "attention sinks"},
      {hyper.output_gate, "gated attention output"},
      {hyper.qk_norm_joint, "norms over all heads at once"},
      {hyper.rope.scaling != RopeScaling::kNone || hyper.rope.has_factors, "rope scaling"},
      {hyper.rope.dims != hyper.head_dim, "partial rotation"},
      {hyper.routing.gating != Gating::kSoftmax || !hyper.norm_topk ||
           hyper.routing.selection_bias || hyper.routing.n_groups > 1 || hyper.routing.scale != 1,
       "routing other than the normalised softmax"},
      {hyper.expert_bias || hyper.activation != Activation::kSwiGlu, "gpt-oss experts"},
      {hyper.fused_gate_up, "gate and up in one tensor"},
      {hyper.shared_width > 0, "shared experts"},
      {hyper.embedding_scale != 1 || hyper.residual_scale != 1 || hyper.logit_scale != 1,
       "scaled residual streams"},
  };
  std::string missing;
  for (const auto& lack : lacks) {
    if (lack.asked) missing += (missing.empty() ? "" : ", ") + std::string(lack.feature);
  }
  if (missing.empty()) return;
  file.Fail(
      "a " + hyper.architecture + " that the native engine can't compute yet; it lacks: " + missing,
      "moebench inspect reads it");
}

}  // namespace moebench
