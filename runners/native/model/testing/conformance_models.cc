#include "runners/native/model/testing/conformance_models.h"

#include "runners/native/gguf/testing/tiny_moe.h"

namespace moebench {

GgufBuilder ConformanceModel(TensorType type) {
  GgufBuilder builder = TinyMoe({.type = type,
                                 .d_model = 96,
                                 .n_layers = 3,
                                 .n_heads = 6,
                                 .n_kv_heads = 2,
                                 .head_dim = 32,
                                 .n_experts = 16,
                                 .k0 = 4,
                                 .expert_width = 160,
                                 .vocabulary = 200,
                                 .seed = 20261122});
  // llama.cpp wants to be told that there is no tokenizer.
  builder.SetString("tokenizer.ggml.model", "none").SetUint32("qwen3moe.vocab_size", 200);
  return builder;
}

}  // namespace moebench
