#include "runners/native/model/testing/quant_models.h"

#include <cmath>
#include <string>

#include "runners/native/gguf/tensor_type.h"
#include "runners/native/gguf/testing/tiny_model.h"
#include "runners/native/gguf/testing/tiny_moe.h"
#include "runners/native/kernels/testing/random_weights.h"

namespace moebench {
namespace {

constexpr int kWidth = 256;  // of everything that a block of 256 has to divide

TensorType TensorTypeOf(WeightType type) {
  uint32_t number = 0;
  while (FindTensorType(number) == nullptr || FindTensorType(number)->name != TraitsOf(type).name) {
    ++number;
  }
  return static_cast<TensorType>(number);
}

// A tensor anew: [cols, rows, count] of random blocks, of the size of usual weights.
void ReplaceByRandom(GgufBuilder& builder, const std::string& name, WeightType type, int rows,
                     int cols, int count, uint64_t seed) {
  std::vector<std::byte> raw = RandomWeights(type, rows * count, cols, seed);
  ScaleTo(type, 1 / std::sqrt(static_cast<double>(cols)), cols, raw);
  std::vector<int64_t> dimensions{cols, rows};
  if (count > 1) dimensions.push_back(count);
  builder.RemoveTensor(name).AddTensorBytes(
      name, TensorTypeOf(type), dimensions,
      std::string(reinterpret_cast<const char*>(raw.data()), raw.size()));
}

}  // namespace

GgufBuilder QuantModel(WeightType type) {
  const TinyMoeShape shape = {.d_model = kWidth,
                              .n_layers = 2,
                              .n_heads = 8,
                              .n_kv_heads = 2,
                              .head_dim = kWidth / 8,
                              .n_experts = 8,
                              .k0 = 4,
                              .expert_width = kWidth,
                              .vocabulary = 200,
                              .seed = 20261122};
  GgufBuilder builder = TinyMoe(shape);
  uint64_t seed = 1;
  const auto replace = [&](const std::string& name, int rows, int count) {
    ReplaceByRandom(builder, name, type, rows, kWidth, count, ++seed);
  };
  replace("token_embd.weight", shape.vocabulary, 1);
  for (int layer = 0; layer < shape.n_layers; ++layer) {
    const std::string prefix = "blk." + std::to_string(layer) + ".";
    replace(prefix + "attn_q.weight", kWidth, 1);
    replace(prefix + "attn_k.weight", shape.n_kv_heads * shape.head_dim, 1);
    replace(prefix + "attn_v.weight", shape.n_kv_heads * shape.head_dim, 1);
    replace(prefix + "attn_output.weight", kWidth, 1);
    for (const char* name :
         {"ffn_gate_exps.weight", "ffn_up_exps.weight", "ffn_down_exps.weight"}) {
      replace(prefix + name, kWidth, shape.n_experts);
    }
  }
  replace("output.weight", shape.vocabulary, 1);
  // llama.cpp wants to be told that there is no tokenizer.
  builder.SetString("tokenizer.ggml.model", "none").SetUint32("qwen3moe.vocab_size", 200);
  return builder;
}

const std::vector<QuantisedTinyModel>& QuantisedTinyModels() {
  static const std::vector<QuantisedTinyModel> models = {
      {"deepseek2-v3-q8_0", "deepseek2-v3"},   {"glm4moe-q8_0", "glm4moe"},
      {"granitehybrid-q8_0", "granitehybrid"}, {"qwen3next-q8_0", "qwen3next"},
      {"qwen35moe-q8_0", "qwen35moe"},         {"gpt-oss-mxfp4", "gpt-oss", true},
  };
  return models;
}

GgufBuilder BuildQuantised(const QuantisedTinyModel& model) {
  const TinyModel& tiny = TinyModelNamed(model.tiny);
  GgufBuilder builder = BuildTinyModel(tiny, TensorType::kQ8_0);
  if (!model.mxfp4_experts) return builder;
  uint64_t seed = 1;
  for (int layer = 0; layer < tiny.n_layers; ++layer) {
    const std::string prefix = "blk." + std::to_string(layer) + ".";
    const int d = tiny.d_model, width = tiny.expert_width, n = tiny.n_experts;
    for (const char* name : {"ffn_gate_exps.weight", "ffn_up_exps.weight"}) {
      ReplaceByRandom(builder, prefix + name, WeightType::kMXFP4, width, d, n, ++seed);
    }
    ReplaceByRandom(builder, prefix + "ffn_down_exps.weight", WeightType::kMXFP4, d, width, n,
                    ++seed);
  }
  return builder;
}

}  // namespace moebench
