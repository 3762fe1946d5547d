#include "runners/native/model/layer_weights.h"

#include <algorithm>

namespace moebench {
namespace {

class LayerPlanner {
 public:
  LayerPlanner(WeightPlan& plan, const Hyper& hyper, int i, LayerWeights& layer)
      : plan_(plan), h_(hyper), i_(i), w_(layer) {}

  void All() {
    const LayerShape& shape = h_.layers[static_cast<std::size_t>(i_)];
    Vector("attn_norm.weight", w_.attn_norm);
    Vector(h_.ffn_norm_tensor.c_str(), w_.ffn_norm);
    switch (shape.mixer) {
      case Mixer::kAttention:
        Attention(shape);
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
    if (shape.feed_forward == FeedForward::kDense) {
      Mlp("ffn_gate.weight", "ffn_up.weight", "ffn_down.weight", shape.dense_width);
    } else {
      Experts();
    }
  }

 private:
  std::string Name(const char* tensor) const { return LayerTensor(i_, tensor); }
  void Matrix(const char* name, int rows, int cols, PackedMatrix& out, MatrixPlace place = {}) {
    w_.dense_bytes += plan_.Matrix(Name(name), rows, cols, place, out) * place.count;
  }
  void Vector(const char* name, std::span<const float>& out) {
    w_.dense_bytes += plan_.Vector(Name(name), out);
  }
  void Mlp(const char* gate, const char* up, const char* down, int width) {
    const MatrixPlace place{.read_as_blocks = plan_.IsQuantisedTensor(Name(down))};
    Matrix(gate, width, h_.d_model, w_.mlp.gate, place);
    Matrix(up, width, h_.d_model, w_.mlp.up, place);
    Matrix(down, h_.d_model, width, w_.mlp.down);
  }

  void Attention(const LayerShape& shape) {
    const int q_rows = h_.n_heads * h_.head_dim * (h_.output_gate ? 2 : 1);
    Matrix("attn_q.weight", q_rows, h_.d_model, w_.q);
    Matrix("attn_k.weight", h_.n_kv_heads * h_.head_dim, h_.d_model, w_.k);
    Matrix("attn_v.weight", h_.n_kv_heads * h_.value_dim, h_.d_model, w_.v);
    Matrix("attn_output.weight", h_.d_model, h_.n_heads * h_.value_dim, w_.attn_out);
    if (shape.qkv_bias) {
      Vector("attn_q.bias", w_.q_bias);
      Vector("attn_k.bias", w_.k_bias);
      Vector("attn_v.bias", w_.v_bias);
    }
    if (shape.out_bias) Vector("attn_output.bias", w_.out_bias);
    if (shape.qk_norm) {
      Vector("attn_q_norm.weight", w_.q_norm);
      Vector("attn_k_norm.weight", w_.k_norm);
    }
    if (h_.sinks) Vector("attn_sinks.weight", w_.sinks);
  }

  void Mla() {
    const MlaShape& mla = h_.mla;
    const int q_rows = h_.n_heads * (mla.nope_dim + h_.rope.dims);
    if (mla.q_rank > 0) {
      Matrix("attn_q_a.weight", mla.q_rank, h_.d_model, w_.mla.q_a);
      Vector("attn_q_a_norm.weight", w_.mla.q_a_norm);
      Matrix("attn_q_b.weight", q_rows, mla.q_rank, w_.mla.q);
    } else {
      Matrix("attn_q.weight", q_rows, h_.d_model, w_.mla.q);
    }
    Matrix("attn_kv_a_mqa.weight", mla.kv_rank + h_.rope.dims, h_.d_model, w_.mla.kv_a);
    Vector("attn_kv_a_norm.weight", w_.mla.kv_norm);
    if (mla.split_kv) {
      Matrix("attn_k_b.weight", mla.kv_rank, mla.nope_dim, w_.mla.k_b, {.count = h_.n_heads});
      Matrix("attn_v_b.weight", mla.value_dim, mla.kv_rank, w_.mla.v_b, {.count = h_.n_heads});
    } else {
      const int stride = mla.nope_dim + mla.value_dim;
      w_.dense_bytes +=
          h_.n_heads * plan_.Transposed(Name("attn_kv_b.weight"), mla.nope_dim, mla.kv_rank,
                                        {.count = h_.n_heads, .row_stride = stride}, w_.mla.k_b);
      Matrix("attn_kv_b.weight", mla.value_dim, mla.kv_rank, w_.mla.v_b,
             {.count = h_.n_heads, .first_row = mla.nope_dim, .row_stride = stride});
    }
    Matrix("attn_output.weight", h_.d_model, h_.n_heads * mla.value_dim, w_.attn_out);
  }

  void Convolution(int kernel, std::span<const float>& out) {
    w_.dense_bytes += plan_.TransposedVector(Name("ssm_conv1d.weight"), kernel, out);
  }

  void DeltaNet() {
    const DeltaNetShape& net = h_.delta_net;
    RecurrentWeights& r = w_.recurrent;
    const int keys = net.n_key_heads * net.head_dim, values = net.n_value_heads * net.head_dim;
    if (net.fused_qkvz) {
      Matrix("ssm_in.weight", 2 * keys + 2 * values, h_.d_model, r.in);
    } else {
      Matrix("attn_qkv.weight", 2 * keys + values, h_.d_model, r.in);
      Matrix("attn_gate.weight", values, h_.d_model, r.z);
    }
    if (net.fused_beta_alpha) {
      Matrix("ssm_ba.weight", 2 * net.n_value_heads, h_.d_model, r.beta);
    } else {
      Matrix("ssm_beta.weight", net.n_value_heads, h_.d_model, r.beta);
      Matrix("ssm_alpha.weight", net.n_value_heads, h_.d_model, r.alpha);
    }
    Convolution(net.conv_kernel, r.conv);
    Vector("ssm_dt.bias", r.dt_bias);
    Vector("ssm_a", r.a);
    Vector("ssm_norm.weight", r.norm);
    Matrix("ssm_out.weight", h_.d_model, values, w_.attn_out);
  }

  void Mamba2() {
    const Mamba2Shape& mamba = h_.mamba2;
    RecurrentWeights& r = w_.recurrent;
    const int conv = mamba.inner + 2 * mamba.n_groups * mamba.state;
    Matrix("ssm_in.weight", mamba.inner + conv + mamba.n_heads, h_.d_model, r.in);
    Convolution(mamba.conv_kernel, r.conv);
    if (mamba.conv_bias) Vector("ssm_conv1d.bias", r.conv_bias);
    Vector("ssm_dt.bias", r.dt_bias);
    Vector("ssm_a", r.a);
    Vector("ssm_d", r.d);
    Vector("ssm_norm.weight", r.norm);
    Matrix("ssm_out.weight", h_.d_model, mamba.inner, w_.attn_out);
  }

  void Experts() {
    const int width = h_.expert_width, n = h_.n_experts, d = h_.d_model;
    const int layer = static_cast<int>(std::count_if(
        h_.layers.begin(), h_.layers.begin() + i_,
        [](const LayerShape& shape) { return shape.feed_forward == FeedForward::kExperts; }));
    Matrix("ffn_gate_inp.weight", n, d, w_.router);
    MatrixPlace up{.count = n,
                   .read_as_blocks = plan_.IsQuantisedTensor(Name("ffn_down_exps.weight")),
                   .expert_layer = layer};
    const char* gate_name = h_.fused_gate_up ? "ffn_gate_up_exps.weight" : "ffn_gate_exps.weight";
    const char* up_name = h_.fused_gate_up ? gate_name : "ffn_up_exps.weight";
    if (h_.fused_gate_up) up.row_stride = 2 * width;
    w_.expert_bytes = plan_.Matrix(Name(gate_name), width, d, up, w_.gate);
    if (h_.fused_gate_up) up.first_row = width;
    w_.expert_bytes += plan_.Matrix(Name(up_name), width, d, up, w_.up);
    w_.expert_bytes += plan_.Matrix(Name("ffn_down_exps.weight"), d, width,
                                    {.count = n, .expert_layer = layer}, w_.down);
    if (h_.routing.logit_bias) Vector("ffn_gate_inp.bias", w_.router_bias);
    if (h_.routing.selection_bias) Vector("exp_probs_b.bias", w_.selection_bias);
    if (h_.expert_bias) {
      w_.expert_bytes += (plan_.Vector(Name("ffn_gate_exps.bias"), w_.gate_bias) +
                          plan_.Vector(Name("ffn_up_exps.bias"), w_.up_bias) +
                          plan_.Vector(Name("ffn_down_exps.bias"), w_.down_bias)) /
                         n;
    }
    if (h_.shared_width > 0) {
      Mlp("ffn_gate_shexp.weight", "ffn_up_shexp.weight", "ffn_down_shexp.weight", h_.shared_width);
    }
    if (h_.shared_gate) Vector("ffn_gate_inp_shexp.weight", w_.shared_gate);
  }

  WeightPlan& plan_;
  const Hyper& h_;
  int i_;
  LayerWeights& w_;
};

}  // namespace

void PlanLayer(WeightPlan& plan, const Hyper& hyper, int i, LayerWeights& layer) {
  LayerPlanner(plan, hyper, i, layer).All();
}

}  // namespace moebench
