// A model's weights, packed for the team: from GGUF to per-thread slices, in memory that is placed
// before it is touched.
//   ModelWeights weights = LoadWeights(file, hyper, team, bind, progress);
// After loading nothing of the file is needed. Owns its arenas; immutable, readable by all threads.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "runners/native/facts/hyper.h"
#include "runners/native/kernels/arena.h"
#include "runners/native/kernels/packed_matrix.h"

namespace moebench {

struct LayerWeights {
  std::span<const float> attn_norm, ffn_norm;  // [d_model]
  std::span<const float> q_norm, k_norm;       // [head_dim]; empty without qk_norm
  PackedMatrix q, k, v;                        // [heads x head_dim, d_model]
  PackedMatrix attn_out;                       // [d_model, n_heads x head_dim]
  PackedMatrix router;                         // [n_experts, d_model]
  PackedMatrix gate, up;                       // n_experts of [expert_width, d_model]
  PackedMatrix down;                           // n_experts of [d_model, expert_width]
  int64_t dense_bytes = 0;                     // read for every token: all but the experts
  int64_t expert_bytes = 0;                    // of one expert
};

struct ModelWeights {
  Hyper hyper;
  WeightType embedding_type = WeightType::kF32;
  std::span<const std::byte> embedding;  // [vocabulary, d_model] as GGUF stores it
  std::span<const float> output_norm;    // [d_model]
  PackedMatrix output;                   // [vocabulary, d_model]
  std::vector<LayerWeights> layers;
  int64_t head_bytes = 0;     // output norm and head
  Arena shared;               // norms and embedding
  std::vector<Arena> slices;  // one for each thread
};

using LoadProgress = std::function<void(const std::string& what, double fraction)>;

// Throws Error for a tensor of a type that no kernel computes with, or without memory.
// isa: what will compute with them; decides how BF16 is packed.
ModelWeights LoadWeights(const GgufFile& file, const Hyper& hyper, Team& team, IsaLevel isa,
                         const MemoryBinder& bind, const LoadProgress& progress);

}  // namespace moebench
