// A whole mixture-of-experts model with seeded random weights, small enough for a test.
//   GgufBuilder builder = TinyMoe({.type = TensorType::kQ8_0, .k0 = 4});
//   builder.SetUint32("qwen3moe.expert_used_count", 9);  // damage it
// Has no tokenizer.
#pragma once

#include <cstdint>
#include <string>

#include "runners/native/gguf/testing/gguf_builder.h"

namespace moebench {

struct TinyMoeShape {
  std::string architecture = "qwen3moe";  // with Q and K norms; "llama" is without
  TensorType type =
      TensorType::kF32;  // of the matrices but the router, which with the norms is F32
  int d_model = 64;
  int n_layers = 2;
  int n_heads = 4;
  int n_kv_heads = 2;
  int head_dim = 32;
  int n_experts = 8;
  int k0 = 2;
  int expert_width = 32;
  int vocabulary = 96;
  int context = 128;
  bool tied_output = false;
  uint64_t seed = 1;
};

// Matrices ~ N(0, 1 / columns), norms ~ 1 + N(0, 0.1^2).
GgufBuilder TinyMoe(const TinyMoeShape& shape);

}  // namespace moebench
