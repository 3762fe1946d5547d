#include "runners/native/gguf/testing/tiny_moe.h"

#include <cmath>

#include "harness/base/rng.h"

namespace moebench {
namespace {

class Maker {
 public:
  Maker(GgufBuilder& builder, uint64_t seed) : builder_(builder), rng_(seed) {}

  void Matrix(const std::string& name, TensorType type, std::vector<int64_t> shape) {
    const double deviation = 1 / std::sqrt(static_cast<double>(shape[0]));
    Tensor(name, type, std::move(shape), 0, deviation);
  }
  void Norm(const std::string& name, int64_t width) {
    Tensor(name, TensorType::kF32, {width}, 1, 0.1);
  }

 private:
  void Tensor(const std::string& name, TensorType type, std::vector<int64_t> shape, double mean,
              double deviation) {
    size_t elements = 1;
    for (const int64_t ne : shape) elements *= static_cast<size_t>(ne);
    std::vector<float> values(elements);
    for (float& value : values) value = static_cast<float>(mean + deviation * rng_.Normal());
    builder_.AddTensor(name, type, std::move(shape), values);
  }

  GgufBuilder& builder_;
  Rng rng_;
};

void AddLayer(Maker& maker, const TinyMoeShape& shape, const std::string& prefix) {
  const int64_t d = shape.d_model, q = int64_t{shape.n_heads} * shape.head_dim;
  const int64_t kv = int64_t{shape.n_kv_heads} * shape.head_dim;
  const int64_t width = shape.expert_width, experts = shape.n_experts;
  maker.Norm(prefix + "attn_norm.weight", d);
  maker.Matrix(prefix + "attn_q.weight", shape.type, {d, q});
  maker.Matrix(prefix + "attn_k.weight", shape.type, {d, kv});
  maker.Matrix(prefix + "attn_v.weight", shape.type, {d, kv});
  maker.Matrix(prefix + "attn_output.weight", shape.type, {q, d});
  if (shape.architecture == "qwen3moe") {
    maker.Norm(prefix + "attn_q_norm.weight", shape.head_dim);
    maker.Norm(prefix + "attn_k_norm.weight", shape.head_dim);
  }
  maker.Norm(prefix + "ffn_norm.weight", d);
  maker.Matrix(prefix + "ffn_gate_inp.weight", TensorType::kF32, {d, experts});
  maker.Matrix(prefix + "ffn_gate_exps.weight", shape.type, {d, width, experts});
  maker.Matrix(prefix + "ffn_up_exps.weight", shape.type, {d, width, experts});
  maker.Matrix(prefix + "ffn_down_exps.weight", shape.type, {width, d, experts});
}

}  // namespace

GgufBuilder TinyMoe(const TinyMoeShape& shape) {
  GgufBuilder builder;
  const std::string prefix = shape.architecture + ".";
  const auto set = [&](const char* key, int value) {
    builder.SetUint32(prefix + key, static_cast<uint32_t>(value));
  };
  builder.SetString("general.architecture", shape.architecture);
  builder.SetString("general.name", "tiny " + shape.architecture);
  set("block_count", shape.n_layers);
  set("context_length", shape.context);
  set("embedding_length", shape.d_model);
  set("feed_forward_length", shape.expert_width);
  set("attention.head_count", shape.n_heads);
  set("attention.head_count_kv", shape.n_kv_heads);
  set("attention.key_length", shape.head_dim);
  set("attention.value_length", shape.head_dim);
  set("expert_count", shape.n_experts);
  set("expert_used_count", shape.k0);
  set("expert_feed_forward_length", shape.expert_width);
  builder.SetFloat(prefix + "rope.freq_base", 10000.0f);
  builder.SetFloat(prefix + "attention.layer_norm_rms_epsilon", 1e-6f);

  Maker maker(builder, shape.seed);
  maker.Matrix("token_embd.weight", shape.type, {shape.d_model, shape.vocabulary});
  for (int layer = 0; layer < shape.n_layers; ++layer) {
    AddLayer(maker, shape, "blk." + std::to_string(layer) + ".");
  }
  maker.Norm("output_norm.weight", shape.d_model);
  if (!shape.tied_output) {
    maker.Matrix("output.weight", shape.type, {shape.d_model, shape.vocabulary});
  }
  return builder;
}

}  // namespace moebench
