// Small random-weight models of every architecture we know, each with the features on that it can
// have: more experts than are used, biases, groups, partial rotation, rope scaling, tied output.
//   for (const TinyModel& model : TinyModels()) BuildTinyModel(model).Write(model.name + ".gguf");
// All have a vocabulary of 128 and no tokenizer; weights follow from the seed, byte for byte.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "runners/native/gguf/testing/gguf_builder.h"

namespace moebench {

struct TinyModel {
  std::string name;  // of the variant: "glm4moe-softmax"
  std::string architecture;
  int d_model = 64;
  int n_layers = 3;
  int n_prediction_layers = 0;
  bool tied_output = false;
  uint64_t seed = 20261122;

  // Attention.
  int n_heads = 4;
  int n_kv_heads = 2;
  int head_dim = 32;
  bool qkv_bias = false, out_bias = false;
  bool qk_norm = false, qk_norm_joint = false;
  bool output_gate = false, sinks = false;
  int window = 0;               // in every even layer
  int mixer_every = 0;          // each n-th layer is attention, the others are recurrent
  bool mla = false;             // kv_rank 64, heads of 32 + 16 (positional), values of 32
  int q_rank = 0;               // MLA
  bool split_kv = true;         // MLA
  bool delta_net = false;       // 4 value heads of 16 on 2 key heads
  bool published_qkvz = false;  // delta net: q, k, v, z and beta, alpha by key head
  bool mamba2 = false;          // 8 heads of 16, state 16, 2 groups

  // Rotation.
  int rope_dims = 0;         // 0: whole heads
  std::string rope_scaling;  // "", linear, yarn; by 4 from 32 positions
  bool rope_factors = false;
  std::vector<int32_t> rope_sections;
  float yarn_log_multiplier = 0;

  // Feed-forward.
  int n_experts = 16;  // 0: dense
  int k0 = 4;
  int expert_width = 96;
  int dense_layers = 0;  // that lead
  int dense_width = 160;
  int shared_width = 0;
  int n_shared = 1;
  bool shared_gate = false;
  bool expert_bias = false;
  bool selection_bias = false;
  bool fused_gate_up = false;
  int gating = 0;  // 0: not stated
  int groups = 0, groups_used = 0;
  int norm_topk = -1;  // 0, 1; -1: not stated
  float weights_scale = 0;
  bool post_attention_norm = false;  // the name of the norm before the feed-forward part
  bool scales = false;               // Granite's four
};

// gtest's way to show one.
inline void PrintTo(const TinyModel& model, std::ostream* out) { *out << model.name; }

const std::vector<TinyModel>& TinyModels();
// The variant of that name; CHECKs that there is one.
const TinyModel& TinyModelNamed(const std::string& name);
// type: of the matrices but the router's and convolutions.
GgufBuilder BuildTinyModel(const TinyModel& model, TensorType type = TensorType::kF32);

}  // namespace moebench
