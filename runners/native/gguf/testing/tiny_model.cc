#include "runners/native/gguf/testing/tiny_model.h"

#include <cmath>

#include "harness/base/rng.h"

namespace moebench {
namespace {

constexpr int kVocabulary = 128, kContext = 256;
constexpr int kConvKernel = 4, kStateHeadDim = 16, kKeyHeads = 2, kValueHeads = 4;  // delta net
constexpr int kMambaHeads = 8, kMambaState = 16, kMambaGroups = 2;
constexpr int kKvRank = 64, kNopeDim = 32, kMlaValueDim = 32;

class Maker {
 public:
  Maker(const TinyModel& model, TensorType type, GgufBuilder& builder)
      : m_(model), type_(type), builder_(builder), rng_(model.seed) {}

  void Tensors() {
    Matrix("token_embd.weight", {m_.d_model, kVocabulary});
    if (m_.rope_factors) Values("rope_freqs.weight", {RopeDims() / 2}, 2, 0.5);
    for (layer_ = 0; layer_ < m_.n_layers + m_.n_prediction_layers; ++layer_) Layer();
    Norm("output_norm.weight", m_.d_model);
    if (!m_.tied_output) Matrix("output.weight", {m_.d_model, kVocabulary});
  }

 private:
  std::string Name(const char* name) const { return "blk." + std::to_string(layer_) + "." + name; }
  int RopeDims() const { return m_.rope_dims > 0 ? m_.rope_dims : m_.head_dim; }

  void Values(const std::string& name, std::vector<int64_t> shape, double mean, double deviation,
              TensorType type = TensorType::kF32) {
    size_t elements = 1;
    for (const int64_t ne : shape) elements *= static_cast<size_t>(ne);
    std::vector<float> values(elements);
    for (float& value : values) value = static_cast<float>(mean + deviation * rng_.Normal());
    builder_.AddTensor(name, type, std::move(shape), values);
  }
  void Matrix(const std::string& name, std::vector<int64_t> shape) {
    const double deviation = 1 / std::sqrt(static_cast<double>(shape[0]));
    Values(name, std::move(shape), 0, deviation, type_);
  }
  void Norm(const std::string& name, int64_t width) { Values(name, {width}, 1, 0.1); }
  void Bias(const std::string& name, std::vector<int64_t> shape) {
    Values(name, std::move(shape), 0, 0.2);
  }

  void Layer() {
    const bool predicts = layer_ >= m_.n_layers;
    const bool attends = m_.mixer_every == 0 || (layer_ + 1) % m_.mixer_every == 0 || predicts;
    Norm(Name("attn_norm.weight"), m_.d_model);
    if (m_.mla) {
      Mla();
    } else if (attends) {
      Attention();
    } else if (m_.delta_net) {
      DeltaNet();
    } else {
      Mamba2();
    }
    Norm(Name(m_.post_attention_norm ? "post_attention_norm.weight" : "ffn_norm.weight"),
         m_.d_model);
    if (m_.n_experts == 0 || layer_ < m_.dense_layers) {
      Mlp("ffn_gate.weight", "ffn_up.weight", "ffn_down.weight", m_.dense_width);
    } else {
      Experts();
    }
    if (!predicts) return;
    Matrix(Name("nextn.eh_proj.weight"), {2 * m_.d_model, m_.d_model});
    Norm(Name("nextn.enorm.weight"), m_.d_model);
    Norm(Name("nextn.hnorm.weight"), m_.d_model);
  }

  void Attention() {
    const int64_t d = m_.d_model, q = int64_t{m_.n_heads} * m_.head_dim;
    const int64_t kv = int64_t{m_.n_kv_heads} * m_.head_dim, q_rows = m_.output_gate ? 2 * q : q;
    Matrix(Name("attn_q.weight"), {d, q_rows});
    Matrix(Name("attn_k.weight"), {d, kv});
    Matrix(Name("attn_v.weight"), {d, kv});
    Matrix(Name("attn_output.weight"), {q, d});
    if (m_.qkv_bias) {
      Bias(Name("attn_q.bias"), {q_rows});
      Bias(Name("attn_k.bias"), {kv});
      Bias(Name("attn_v.bias"), {kv});
    }
    if (m_.out_bias) Bias(Name("attn_output.bias"), {d});
    if (m_.qk_norm) {
      Norm(Name("attn_q_norm.weight"), m_.qk_norm_joint ? q : m_.head_dim);
      Norm(Name("attn_k_norm.weight"), m_.qk_norm_joint ? kv : m_.head_dim);
    }
    if (m_.sinks) Values(Name("attn_sinks.weight"), {m_.n_heads}, 0, 1);
  }

  void Mla() {
    const int64_t d = m_.d_model, heads = m_.n_heads, queries = heads * (kNopeDim + m_.rope_dims);
    if (m_.q_rank > 0) {
      Matrix(Name("attn_q_a.weight"), {d, m_.q_rank});
      Norm(Name("attn_q_a_norm.weight"), m_.q_rank);
      Matrix(Name("attn_q_b.weight"), {m_.q_rank, queries});
    } else {
      Matrix(Name("attn_q.weight"), {d, queries});
    }
    Matrix(Name("attn_kv_a_mqa.weight"), {d, kKvRank + m_.rope_dims});
    Norm(Name("attn_kv_a_norm.weight"), kKvRank);
    if (m_.split_kv) {
      Matrix(Name("attn_k_b.weight"), {kNopeDim, kKvRank, heads});
      Matrix(Name("attn_v_b.weight"), {kKvRank, kMlaValueDim, heads});
    } else {
      Matrix(Name("attn_kv_b.weight"), {kKvRank, heads * (kNopeDim + kMlaValueDim)});
    }
    Matrix(Name("attn_output.weight"), {heads * kMlaValueDim, d});
  }

  void DeltaNet() {
    const int64_t d = m_.d_model;
    const int64_t keys = kKeyHeads * kStateHeadDim, values = kValueHeads * kStateHeadDim;
    if (m_.published_qkvz) {
      Matrix(Name("ssm_in.weight"), {d, 2 * keys + 2 * values});
      Matrix(Name("ssm_ba.weight"), {d, 2 * kValueHeads});
    } else {
      Matrix(Name("attn_qkv.weight"), {d, 2 * keys + values});
      Matrix(Name("attn_gate.weight"), {d, values});
      Matrix(Name("ssm_beta.weight"), {d, kValueHeads});
      Matrix(Name("ssm_alpha.weight"), {d, kValueHeads});
    }
    Values(Name("ssm_conv1d.weight"), {kConvKernel, 2 * keys + values}, 0, 0.5);
    Bias(Name("ssm_dt.bias"), {kValueHeads});
    Values(Name("ssm_a"), {kValueHeads}, -1, 0.2);
    Norm(Name("ssm_norm.weight"), kStateHeadDim);
    Matrix(Name("ssm_out.weight"), {values, d});
  }

  void Mamba2() {
    const int64_t d = m_.d_model, inner = 2 * d;
    const int64_t conv = inner + 2 * kMambaGroups * kMambaState;
    Matrix(Name("ssm_in.weight"), {d, inner + conv + kMambaHeads});
    Values(Name("ssm_conv1d.weight"), {kConvKernel, conv}, 0, 0.5);
    Bias(Name("ssm_conv1d.bias"), {conv});
    Bias(Name("ssm_dt.bias"), {kMambaHeads});
    Values(Name("ssm_a"), {1, kMambaHeads}, -1, 0.2);
    Values(Name("ssm_d"), {1, kMambaHeads}, 1, 0.1);
    Values(Name("ssm_norm.weight"), {inner / kMambaGroups, kMambaGroups}, 1, 0.1);
    Matrix(Name("ssm_out.weight"), {inner, d});
  }

  void Mlp(const char* gate, const char* up, const char* down, int64_t width) {
    Matrix(Name(gate), {m_.d_model, width});
    Matrix(Name(up), {m_.d_model, width});
    Matrix(Name(down), {width, m_.d_model});
  }

  void Experts() {
    const int64_t d = m_.d_model, width = m_.expert_width, n = m_.n_experts;
    Values(Name("ffn_gate_inp.weight"), {d, n}, 0, 1 / std::sqrt(static_cast<double>(d)));
    if (m_.fused_gate_up) {
      Matrix(Name("ffn_gate_up_exps.weight"), {d, 2 * width, n});
    } else {
      Matrix(Name("ffn_gate_exps.weight"), {d, width, n});
      Matrix(Name("ffn_up_exps.weight"), {d, width, n});
    }
    Matrix(Name("ffn_down_exps.weight"), {width, d, n});
    if (m_.selection_bias) Bias(Name("exp_probs_b.bias"), {n});
    if (m_.expert_bias) {
      Bias(Name("ffn_gate_inp.bias"), {n});
      Bias(Name("ffn_gate_exps.bias"), {width, n});
      Bias(Name("ffn_up_exps.bias"), {width, n});
      Bias(Name("ffn_down_exps.bias"), {d, n});
    }
    if (m_.shared_width > 0) {
      Mlp("ffn_gate_shexp.weight", "ffn_up_shexp.weight", "ffn_down_shexp.weight", m_.shared_width);
    }
    if (m_.shared_gate) {
      Values(Name("ffn_gate_inp_shexp.weight"), {d}, 0, 1 / std::sqrt(static_cast<double>(d)));
    }
  }

  const TinyModel& m_;
  TensorType type_;
  GgufBuilder& builder_;
  Rng rng_;
  int layer_ = 0;
};

class Metadata {
 public:
  Metadata(const TinyModel& model, GgufBuilder& builder)
      : m_(model), builder_(builder), prefix_(model.architecture + ".") {}

  void All() {
    builder_.SetString("general.architecture", m_.architecture);
    builder_.SetString("general.name", "tiny " + m_.name);
    // llama.cpp wants to be told that there is no tokenizer.
    builder_.SetString("tokenizer.ggml.model", "none");
    Set("vocab_size", kVocabulary);
    Set("block_count", m_.n_layers + m_.n_prediction_layers);
    if (m_.n_prediction_layers > 0) Set("nextn_predict_layers", m_.n_prediction_layers);
    Set("context_length", kContext);
    Set("embedding_length", m_.d_model);
    Set("feed_forward_length",
        m_.n_experts == 0 || m_.dense_layers > 0 ? m_.dense_width : m_.expert_width);
    SetFloat("attention.layer_norm_rms_epsilon", 1e-6f);
    Attention();
    Rope();
    Recurrent();
    if (m_.n_experts > 0) Experts();
    if (!m_.scales) return;
    SetFloat("embedding_scale", 3.0f);
    SetFloat("residual_scale", 0.4f);
    SetFloat("logit_scale", 0.5f);
    SetFloat("attention.scale", 0.3f);
  }

 private:
  void Set(const char* key, int value) {
    builder_.SetUint32(prefix_ + key, static_cast<uint32_t>(value));
  }
  void SetFloat(const char* key, float value) { builder_.SetFloat(prefix_ + key, value); }

  void Attention() {
    Set("attention.head_count", m_.n_heads);
    if (m_.mla) {
      Set("attention.head_count_kv", m_.split_kv ? 1 : m_.n_heads);
      Set("attention.kv_lora_rank", kKvRank);
      if (m_.q_rank > 0) Set("attention.q_lora_rank", m_.q_rank);
      Set("attention.key_length", m_.split_kv ? kKvRank + m_.rope_dims : kNopeDim + m_.rope_dims);
      Set("attention.value_length", m_.split_kv ? kKvRank : kMlaValueDim);
      if (!m_.split_kv) return;
      Set("attention.key_length_mla", kNopeDim + m_.rope_dims);
      Set("attention.value_length_mla", kMlaValueDim);
      return;
    }
    if (m_.mamba2) {
      std::vector<int32_t> heads;
      for (int i = 0; i < m_.n_layers; ++i) {
        heads.push_back((i + 1) % m_.mixer_every == 0 ? m_.n_kv_heads : 0);
      }
      builder_.SetInts(prefix_ + "attention.head_count_kv", heads);
    } else {
      Set("attention.head_count_kv", m_.n_kv_heads);
    }
    Set("attention.key_length", m_.head_dim);
    Set("attention.value_length", m_.head_dim);
    if (m_.window > 0) Set("attention.sliding_window", m_.window);
    if (m_.delta_net) Set("full_attention_interval", m_.mixer_every);
  }

  void Rope() {
    SetFloat("rope.freq_base", 10000.0f);
    if (m_.rope_dims > 0) Set("rope.dimension_count", m_.rope_dims);
    if (!m_.rope_sections.empty()) {
      builder_.SetInts(prefix_ + "rope.dimension_sections", m_.rope_sections);
    }
    if (m_.rope_scaling.empty()) return;
    builder_.SetString(prefix_ + "rope.scaling.type", m_.rope_scaling);
    SetFloat("rope.scaling.factor", 4.0f);
    Set("rope.scaling.original_context_length", 32);
    if (m_.yarn_log_multiplier > 0) {
      SetFloat("rope.scaling.yarn_log_multiplier", m_.yarn_log_multiplier);
    }
  }

  void Recurrent() {
    if (!m_.delta_net && !m_.mamba2) return;
    Set("ssm.conv_kernel", kConvKernel);
    Set("ssm.inner_size", m_.mamba2 ? 2 * m_.d_model : kValueHeads * kStateHeadDim);
    Set("ssm.state_size", m_.mamba2 ? kMambaState : kStateHeadDim);
    Set("ssm.time_step_rank", m_.mamba2 ? kMambaHeads : kValueHeads);
    Set("ssm.group_count", m_.mamba2 ? kMambaGroups : kKeyHeads);
  }

  void Experts() {
    Set("expert_count", m_.n_experts);
    Set("expert_used_count", m_.k0);
    Set("expert_feed_forward_length", m_.expert_width);
    if (m_.dense_layers > 0) Set("leading_dense_block_count", m_.dense_layers);
    if (m_.shared_width > 0) {
      Set("expert_shared_count", m_.n_shared);
      Set("expert_shared_feed_forward_length", m_.shared_width);
    }
    if (m_.gating > 0) Set("expert_gating_func", m_.gating);
    if (m_.groups > 0) {
      Set("expert_group_count", m_.groups);
      Set("expert_group_used_count", m_.groups_used);
    }
    if (m_.norm_topk >= 0) builder_.SetBool(prefix_ + "expert_weights_norm", m_.norm_topk == 1);
    if (m_.weights_scale != 0) SetFloat("expert_weights_scale", m_.weights_scale);
  }

  const TinyModel& m_;
  GgufBuilder& builder_;
  std::string prefix_;
};

}  // namespace

GgufBuilder BuildTinyModel(const TinyModel& model, TensorType type) {
  GgufBuilder builder;
  Metadata(model, builder).All();
  Maker(model, type, builder).Tensors();
  return builder;
}

}  // namespace moebench
