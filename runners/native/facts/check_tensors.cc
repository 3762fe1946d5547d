#include <fmt/format.h>

#include <charconv>
#include <set>
#include <string_view>

#include "runners/native/facts/read_parts.h"
#include "runners/native/gguf/header_reader.h"

namespace moebench {
namespace {

using Shape = std::initializer_list<int64_t>;

class Checker {
 public:
  Checker(const GgufFile& file, const Hyper& hyper) : file_(file), h_(hyper) {}

  void Model() {
    Require("token_embd.weight", {d_, h_.vocabulary});
    Require("output_norm.weight", {d_});
    if (!h_.tied_output) Require("output.weight", {d_, h_.vocabulary});
    if (h_.rope.has_factors) Require("rope_freqs.weight", {h_.rope.dims / 2});
    for (layer_ = 0; layer_ < h_.n_layers; ++layer_) {
      const LayerShape& layer = h_.layers[static_cast<std::size_t>(layer_)];
      OfLayer("attn_norm.weight", {d_});
      switch (layer.mixer) {
        case Mixer::kAttention:
          Attention(layer);
          break;
        case Mixer::kMla:
          Mla();
          break;
        case Mixer::kDeltaNet:
          DeltaNet();
          break;
        case Mixer::kMamba2:
          Mamba2();
      }
      OfLayer(h_.ffn_norm_tensor.c_str(), {d_});
      if (layer.feed_forward == FeedForward::kDense) {
        GatedMlp("ffn_gate.weight", "ffn_up.weight", "ffn_down.weight", layer.dense_width);
      } else {
        Experts();
      }
    }
  }

  void NoOther() {
    for (const TensorInfo& tensor : file_.tensors()) {
      if (expected_.contains(tensor.name)) continue;
      if (IsOfLayers(tensor.name, h_.n_layers, h_.n_layers + h_.n_prediction_layers)) continue;
      file_.Fail(fmt::format("tensor {} is none that a {} of {} layers has", Quoted(tensor.name),
                             h_.architecture, h_.n_layers),
                 "the model is of a variant that is not supported");
    }
  }

 private:
  void Require(const std::string& name, Shape shape) {
    file_.Require(name, shape);
    expected_.insert(name);
  }
  void OfLayer(const char* name, Shape shape) { Require(LayerTensor(layer_, name), shape); }
  void GatedMlp(const char* gate, const char* up, const char* down, int64_t width) {
    OfLayer(gate, {d_, width});
    OfLayer(up, {d_, width});
    OfLayer(down, {width, d_});
  }

  void Attention(const LayerShape& layer) {
    const int64_t q = int64_t{h_.n_heads} * h_.head_dim;
    const int64_t q_rows = h_.output_gate ? 2 * q : q;
    const int64_t k = int64_t{h_.n_kv_heads} * h_.head_dim;
    const int64_t v = int64_t{h_.n_kv_heads} * h_.value_dim;
    OfLayer("attn_q.weight", {d_, q_rows});
    OfLayer("attn_k.weight", {d_, k});
    OfLayer("attn_v.weight", {d_, v});
    OfLayer("attn_output.weight", {int64_t{h_.n_heads} * h_.value_dim, d_});
    if (layer.qkv_bias) {
      OfLayer("attn_q.bias", {q_rows});
      OfLayer("attn_k.bias", {k});
      OfLayer("attn_v.bias", {v});
    }
    if (layer.out_bias) OfLayer("attn_output.bias", {d_});
    if (layer.qk_norm) {
      OfLayer("attn_q_norm.weight", {h_.qk_norm_joint ? q : h_.head_dim});
      OfLayer("attn_k_norm.weight", {h_.qk_norm_joint ? k : h_.head_dim});
    }
    if (h_.sinks) OfLayer("attn_sinks.weight", {h_.n_heads});
  }

  void Mla() {
    const MlaShape& mla = h_.mla;
    const int64_t rank = mla.kv_rank, heads = h_.n_heads;
    const int64_t queries = heads * (mla.nope_dim + h_.rope.dims);
    if (mla.q_rank > 0) {
      OfLayer("attn_q_a.weight", {d_, mla.q_rank});
      OfLayer("attn_q_a_norm.weight", {mla.q_rank});
      OfLayer("attn_q_b.weight", {mla.q_rank, queries});
    } else {
      OfLayer("attn_q.weight", {d_, queries});
    }
    OfLayer("attn_kv_a_mqa.weight", {d_, rank + h_.rope.dims});
    OfLayer("attn_kv_a_norm.weight", {rank});
    if (mla.split_kv) {
      OfLayer("attn_k_b.weight", {mla.nope_dim, rank, heads});
      OfLayer("attn_v_b.weight", {rank, mla.value_dim, heads});
    } else {
      OfLayer("attn_kv_b.weight", {rank, heads * (mla.nope_dim + mla.value_dim)});
    }
    OfLayer("attn_output.weight", {heads * mla.value_dim, d_});
  }

  void DeltaNet() {
    const DeltaNetShape& net = h_.delta_net;
    const int64_t keys = int64_t{net.n_key_heads} * net.head_dim;
    const int64_t values = int64_t{net.n_value_heads} * net.head_dim;
    if (net.fused_qkvz) {
      OfLayer("ssm_in.weight", {d_, 2 * keys + 2 * values});
    } else {
      OfLayer("attn_qkv.weight", {d_, 2 * keys + values});
      OfLayer("attn_gate.weight", {d_, values});
    }
    if (net.fused_beta_alpha) {
      OfLayer("ssm_ba.weight", {d_, 2 * int64_t{net.n_value_heads}});
    } else {
      OfLayer("ssm_beta.weight", {d_, net.n_value_heads});
      OfLayer("ssm_alpha.weight", {d_, net.n_value_heads});
    }
    OfLayer("ssm_conv1d.weight", {net.conv_kernel, 2 * keys + values});
    OfLayer("ssm_dt.bias", {net.n_value_heads});
    OfLayer("ssm_a", {net.n_value_heads});
    OfLayer("ssm_norm.weight", {net.head_dim});
    OfLayer("ssm_out.weight", {values, d_});
  }

  void Mamba2() {
    const Mamba2Shape& mamba = h_.mamba2;
    const int64_t conv = mamba.inner + int64_t{2} * mamba.n_groups * mamba.state;
    OfLayer("ssm_in.weight", {d_, mamba.inner + conv + mamba.n_heads});
    OfLayer("ssm_conv1d.weight", {mamba.conv_kernel, conv});
    if (mamba.conv_bias) OfLayer("ssm_conv1d.bias", {conv});
    OfLayer("ssm_dt.bias", {mamba.n_heads});
    OfLayer("ssm_a", {1, mamba.n_heads});
    OfLayer("ssm_d", {1, mamba.n_heads});
    OfLayer("ssm_norm.weight", {mamba.inner / mamba.n_groups, mamba.n_groups});
    OfLayer("ssm_out.weight", {mamba.inner, d_});
  }

  void Experts() {
    const int64_t experts = h_.n_experts, width = h_.expert_width;
    OfLayer("ffn_gate_inp.weight", {d_, experts});
    if (h_.fused_gate_up) {
      OfLayer("ffn_gate_up_exps.weight", {d_, 2 * width, experts});
    } else {
      OfLayer("ffn_gate_exps.weight", {d_, width, experts});
      OfLayer("ffn_up_exps.weight", {d_, width, experts});
    }
    OfLayer("ffn_down_exps.weight", {width, d_, experts});
    if (h_.routing.logit_bias) OfLayer("ffn_gate_inp.bias", {experts});
    if (h_.routing.selection_bias) OfLayer("exp_probs_b.bias", {experts});
    if (h_.expert_bias) {
      OfLayer("ffn_gate_exps.bias", {width, experts});
      OfLayer("ffn_up_exps.bias", {width, experts});
      OfLayer("ffn_down_exps.bias", {d_, experts});
    }
    if (h_.shared_width > 0) {
      GatedMlp("ffn_gate_shexp.weight", "ffn_up_shexp.weight", "ffn_down_shexp.weight",
               h_.shared_width);
    }
    if (h_.shared_gate) OfLayer("ffn_gate_inp_shexp.weight", {d_});
  }

  const GgufFile& file_;
  const Hyper& h_;
  const int64_t d_ = h_.d_model;
  int layer_ = 0;
  std::set<std::string, std::less<>> expected_;
};

}  // namespace

bool IsOfLayers(std::string_view name, int first, int end) {
  constexpr std::string_view kPrefix = "blk.";
  if (!name.starts_with(kPrefix)) return false;
  name.remove_prefix(kPrefix.size());
  int layer = -1;
  const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), layer);
  return error == std::errc() && rest != name.data() + name.size() && *rest == '.' &&
         layer >= first && layer < end;
}

void CheckTensors(const GgufFile& file, const Hyper& hyper) {
  Checker checker(file, hyper);
  checker.Model();
  checker.NoOther();
}

}  // namespace moebench
