#include "runners/native/synth/layout.h"

#include <fmt/format.h>

#include <algorithm>

namespace moebench {
namespace {

constexpr int kAttentionInterval = 4;  // of a gated-delta-net model: every 4th layer attends

class Layout {
 public:
  Layout(const SynthShape& shape, int n_layers, int vocabulary) : shape_(shape) {
    const int64_t d = shape.d_model;
    Add("token_embd.weight", {d, vocabulary}, TensorRole::kEmbedding);
    const int dense = DenseLayers(shape, n_layers);
    for (int layer = 0; layer < n_layers; ++layer) {
      prefix_ = fmt::format("blk.{}.", layer);
      Add("attn_norm.weight", {d}, TensorRole::kNorm);
      if (shape.attention == AttentionKind::kLatent) {
        AddLatentAttention();
      } else if (shape.attention == AttentionKind::kDeltaNet &&
                 (layer + 1) % kAttentionInterval != 0) {
        AddDeltaNet();
      } else {
        AddGroupedAttention();
      }
      Add(shape.post_attention_norm ? "post_attention_norm.weight" : "ffn_norm.weight", {d},
          TensorRole::kNorm);
      if (layer < dense) {
        AddFeedForward("", shape.dense_width);
      } else {
        AddExperts();
      }
    }
    prefix_.clear();
    Add("output_norm.weight", {d}, TensorRole::kNorm);
    Add("output.weight", {d, vocabulary}, TensorRole::kMatrix);
  }

  std::vector<SynthTensor> Take() { return std::move(tensors_); }

 private:
  void Add(std::string_view name, std::vector<int64_t> dimensions, TensorRole role) {
    tensors_.push_back({prefix_ + std::string(name), std::move(dimensions), role});
  }
  void AddMatrix(std::string_view name, int64_t inputs, int64_t outputs) {
    Add(name, {inputs, outputs}, TensorRole::kMatrix);
  }

  void AddGroupedAttention() {
    const int64_t d = shape_.d_model, q = int64_t{shape_.heads} * shape_.head_dim;
    const int64_t kv = int64_t{shape_.kv_heads} * shape_.head_dim;
    // Gated attention has a gate as wide as the queries in the same matrix.
    AddMatrix("attn_q.weight", d, shape_.attention == AttentionKind::kDeltaNet ? 2 * q : q);
    AddMatrix("attn_k.weight", d, kv);
    AddMatrix("attn_v.weight", d, kv);
    if (shape_.qkv_bias) {
      Add("attn_q.bias", {q}, TensorRole::kSmallBias);
      Add("attn_k.bias", {kv}, TensorRole::kSmallBias);
      Add("attn_v.bias", {kv}, TensorRole::kSmallBias);
    }
    if (shape_.qk_norm != QkNorm::kNone) {
      const bool per_head = shape_.qk_norm == QkNorm::kPerHead;
      Add("attn_q_norm.weight", {per_head ? shape_.head_dim : q}, TensorRole::kNorm);
      Add("attn_k_norm.weight", {per_head ? shape_.head_dim : kv}, TensorRole::kNorm);
    }
    Add("attn_output.weight", {q, d}, TensorRole::kResidualOut);
    if (shape_.output_bias) Add("attn_output.bias", {d}, TensorRole::kSmallBias);
    if (shape_.attention_sinks) Add("attn_sinks.weight", {shape_.heads}, TensorRole::kZero);
  }

  void AddLatentAttention() {
    const int64_t d = shape_.d_model, heads = shape_.heads, rank = shape_.kv_lora;
    const int64_t key = shape_.nope_dim + shape_.rope_dims;
    if (shape_.q_lora > 0) {
      AddMatrix("attn_q_a.weight", d, shape_.q_lora);
      Add("attn_q_a_norm.weight", {shape_.q_lora}, TensorRole::kNorm);
      AddMatrix("attn_q_b.weight", shape_.q_lora, heads * key);
    } else {
      AddMatrix("attn_q.weight", d, heads * key);
    }
    AddMatrix("attn_kv_a_mqa.weight", d, rank + shape_.rope_dims);
    Add("attn_kv_a_norm.weight", {rank}, TensorRole::kNorm);
    Add("attn_k_b.weight", {shape_.nope_dim, rank, heads}, TensorRole::kMatrix);
    Add("attn_v_b.weight", {rank, shape_.value_dim, heads}, TensorRole::kMatrix);
    Add("attn_output.weight", {heads * shape_.value_dim, d}, TensorRole::kResidualOut);
  }

  void AddDeltaNet() {
    const int64_t d = shape_.d_model;
    const int64_t keys = int64_t{shape_.delta_key_heads} * shape_.delta_head_dim;
    const int64_t values = int64_t{shape_.delta_value_heads} * shape_.delta_head_dim;
    AddMatrix("attn_qkv.weight", d, 2 * keys + values);
    AddMatrix("attn_gate.weight", d, values);
    Add("ssm_conv1d.weight", {shape_.delta_conv, 2 * keys + values}, TensorRole::kConvolution);
    Add("ssm_dt.bias", {shape_.delta_value_heads}, TensorRole::kSmallBias);
    Add("ssm_a", {shape_.delta_value_heads}, TensorRole::kDecay);
    AddMatrix("ssm_ba.weight", d, 2 * int64_t{shape_.delta_value_heads});
    Add("ssm_norm.weight", {shape_.delta_head_dim}, TensorRole::kNorm);
    Add("ssm_out.weight", {values, d}, TensorRole::kResidualOut);
  }

  // ffn_gate, ffn_up and ffn_down, with a suffix.
  void AddFeedForward(std::string_view suffix, int64_t width) {
    const int64_t d = shape_.d_model;
    AddMatrix(fmt::format("ffn_gate{}.weight", suffix), d, width);
    AddMatrix(fmt::format("ffn_up{}.weight", suffix), d, width);
    AddMatrix(fmt::format("ffn_down{}.weight", suffix), width, d);
  }

  void AddExperts() {
    const int64_t d = shape_.d_model, n = shape_.experts, width = shape_.expert_width;
    Add("ffn_gate_inp.weight", {d, n}, TensorRole::kRouter);
    if (shape_.output_bias) Add("ffn_gate_inp.bias", {n}, TensorRole::kZero);
    if (shape_.selection_bias) Add("exp_probs_b.bias", {n}, TensorRole::kZero);
    Add("ffn_gate_exps.weight", {d, width, n}, TensorRole::kMatrix);
    Add("ffn_up_exps.weight", {d, width, n}, TensorRole::kMatrix);
    Add("ffn_down_exps.weight", {width, d, n}, TensorRole::kMatrix);
    if (shape_.output_bias) {
      Add("ffn_gate_exps.bias", {width, n}, TensorRole::kSmallBias);
      Add("ffn_up_exps.bias", {width, n}, TensorRole::kSmallBias);
      Add("ffn_down_exps.bias", {d, n}, TensorRole::kSmallBias);
    }
    if (shape_.shared_width == 0) return;
    if (shape_.shared_gate) Add("ffn_gate_inp_shexp.weight", {d}, TensorRole::kSmallBias);
    AddFeedForward("_shexp", shape_.shared_width);
  }

  const SynthShape& shape_;
  std::string prefix_;
  std::vector<SynthTensor> tensors_;
};

// Keys of one architecture, numbers that are 0 left out.
class KeyWriter {
 public:
  KeyWriter(std::string_view architecture, GgufWriter& writer)
      : prefix_(std::string(architecture) + "."), writer_(writer) {}
  void Int(const char* key, int value) {
    if (value > 0) writer_.SetUint32(prefix_ + key, static_cast<uint32_t>(value));
  }
  void Float(const char* key, double value) {
    if (value > 0) writer_.SetFloat(prefix_ + key, static_cast<float>(value));
  }
  const std::string prefix_;

 private:
  GgufWriter& writer_;
};

void WriteAttentionKeys(const SynthShape& shape, KeyWriter& keys, GgufWriter& writer) {
  keys.Int("attention.head_count", shape.heads);
  keys.Float("attention.layer_norm_rms_epsilon", shape.rms_eps);
  if (shape.attention == AttentionKind::kLatent) {
    const int key = shape.nope_dim + shape.rope_dims;
    keys.Int("attention.head_count_kv", 1);
    keys.Int("attention.key_length", shape.kv_lora + shape.rope_dims);
    keys.Int("attention.value_length", shape.kv_lora);
    keys.Int("attention.key_length_mla", key);
    keys.Int("attention.value_length_mla", shape.value_dim);
    keys.Int("attention.kv_lora_rank", shape.kv_lora);
    // llama.cpp asks for this key unless the layer count is the Lite model's own; 0 says none.
    writer.SetUint32(keys.prefix_ + "attention.q_lora_rank", static_cast<uint32_t>(shape.q_lora));
  } else {
    keys.Int("attention.head_count_kv", shape.kv_heads);
    keys.Int("attention.key_length", shape.head_dim);
    keys.Int("attention.value_length", shape.head_dim);
  }
  keys.Int("attention.sliding_window", shape.sliding_window);
  keys.Float("rope.freq_base", shape.rope_base);
  keys.Int("rope.dimension_count", shape.rope_dims > 0 ? shape.rope_dims : shape.head_dim);
  if (shape.yarn_factor > 0) {
    writer.SetString(keys.prefix_ + "rope.scaling.type", "yarn");
    keys.Float("rope.scaling.factor", shape.yarn_factor);
    keys.Int("rope.scaling.original_context_length", shape.yarn_context);
    keys.Float("rope.scaling.yarn_log_multiplier", shape.yarn_log_multiplier);
  }
  if (shape.attention == AttentionKind::kDeltaNet) {
    keys.Int("full_attention_interval", kAttentionInterval);
    keys.Int("ssm.conv_kernel", shape.delta_conv);
    keys.Int("ssm.inner_size", shape.delta_value_heads * shape.delta_head_dim);
    keys.Int("ssm.state_size", shape.delta_head_dim);
    keys.Int("ssm.time_step_rank", shape.delta_value_heads);
    keys.Int("ssm.group_count", shape.delta_key_heads);
  }
}

}  // namespace

int DenseLayers(const SynthShape& shape, int n_layers) {
  return std::min(shape.dense_layers, n_layers - 1);
}

std::vector<SynthTensor> LayoutTensors(const SynthShape& shape, int n_layers, int vocabulary) {
  return Layout(shape, n_layers, vocabulary).Take();
}

void WriteHyperparameters(const SynthShape& shape, int n_layers, GgufWriter& writer) {
  KeyWriter keys(shape.architecture, writer);
  keys.Int("block_count", n_layers);
  keys.Int("context_length", shape.context);
  keys.Int("embedding_length", shape.d_model);
  keys.Int("feed_forward_length", shape.dense_width);
  WriteAttentionKeys(shape, keys, writer);
  keys.Int("expert_count", shape.experts);
  keys.Int("expert_used_count", shape.k0);
  keys.Int("expert_feed_forward_length", shape.expert_width);
  keys.Int("expert_shared_count", shape.shared_experts);
  keys.Int("expert_shared_feed_forward_length", shape.shared_width);
  keys.Int("expert_gating_func", shape.gating);
  if (shape.weights_norm >= 0) {
    writer.SetBool(keys.prefix_ + "expert_weights_norm", shape.weights_norm == 1);
  }
  keys.Float("expert_weights_scale", shape.weights_scale);
  keys.Int("expert_group_count", shape.groups);
  keys.Int("expert_group_used_count", shape.groups_used);
  if (shape.dense_layers > 0) {
    writer.SetUint32(keys.prefix_ + "leading_dense_block_count",
                     static_cast<uint32_t>(DenseLayers(shape, n_layers)));
  }
}

}  // namespace moebench
