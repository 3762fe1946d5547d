// The shape of a model, read from its GGUF header and held against its tensors.
//   Hyper hyper = ReadHyper(file);
// After ReadHyper every tensor of the architecture is there, in the shape that follows from these
// numbers, and no other one is: who computes with them need not check again (the types of the
// weights aside). Plain data.
#pragma once

#include <string>
#include <vector>

#include "runners/native/gguf/gguf_file.h"

namespace moebench {

// Which elements of a head rotary embedding turns together: i and i + head_dim / 2 (NeoX), or
// 2i and 2i + 1 (interleaved, as llama.cpp's converters leave Llama weights).
enum class RopeStyle { kNeox, kInterleaved };

struct Hyper {
  std::string architecture;
  int d_model = 0;
  int n_layers = 0;  // all with experts
  int n_heads = 0;
  int n_kv_heads = 0;  // divides n_heads
  int head_dim = 0;    // even; of queries, keys and values
  int vocabulary = 0;  // rows of the embedding = rows of the output head
  int context = 0;     // tokens the model was trained for
  int n_experts = 0;   // N, per layer
  int k0 = 0;          // trained experts per token, 1..N
  int expert_width = 0;
  double rope_base = 10000;
  RopeStyle rope_style = RopeStyle::kNeox;  // an engine honours it or refuses the model
  double rms_eps = 0;
  bool qk_norm = false;      // RMS norm over each head of Q and K, before the rotation
  bool norm_topk = true;     // weights of the chosen experts are divided by their sum
  bool tied_output = false;  // the embedding is the output head too
};

// The architectures that ReadHyper takes: "qwen3moe", "llama" (with experts: Mixtral).
const std::vector<std::string>& KnownArchitectures();

// Throws Error naming the key or tensor, what it is and what it should be.
Hyper ReadHyper(const GgufFile& file);

// "blk.3.attn_q.weight"
std::string LayerTensor(int layer, const char* name);

}  // namespace moebench
