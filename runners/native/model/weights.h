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
#include "runners/native/model/expert_split.h"

namespace moebench {

// down(silu(gate x) * (up x)): a dense feed-forward part, or the expert that every token takes.
struct GatedMlp {
  PackedMatrix gate, up;  // [width, d_model]
  PackedMatrix down;      // [d_model, width]
  int width() const { return gate.shape().rows; }
};

struct MlaWeights {
  PackedMatrix q_a;                          // [q_rank, d_model]; of no rows without q_rank
  PackedMatrix q;                            // [heads x (nope + rope), q_rank or d_model]
  PackedMatrix kv_a;                         // [kv_rank + rope, d_model]
  PackedMatrix k_b;                          // heads of [kv_rank, nope]
  PackedMatrix v_b;                          // heads of [value_dim, kv_rank]
  std::span<const float> q_a_norm, kv_norm;  // [q_rank], [kv_rank]
};

struct RecurrentWeights {
  PackedMatrix in;    // DeltaNet: q, k, v (and z, if fused); Mamba-2: z, x, B, C, dt
  PackedMatrix z;     // DeltaNet, if not fused: [values, d_model]
  PackedMatrix beta;  // DeltaNet: [value heads, d_model], or with alpha's rows, if fused
  PackedMatrix alpha;
  std::span<const float> conv, conv_bias;  // [kernel, channels], [channels] or empty
  std::span<const float> dt_bias, a, d;    // [heads]; d is Mamba-2's
  std::span<const float> norm;             // DeltaNet [head_dim], Mamba-2 [inner]
};

struct LayerWeights {
  std::span<const float> attn_norm, ffn_norm;     // [d_model]
  std::span<const float> q_norm, k_norm;          // [head_dim], joint: all heads; or empty
  std::span<const float> q_bias, k_bias, v_bias;  // as many as rows; or empty
  std::span<const float> out_bias;                // [d_model] or empty
  std::span<const float> sinks;                   // [n_heads] or empty
  PackedMatrix q, k, v;                           // [heads x head_dim, d_model]
  PackedMatrix attn_out;  // [d_model, mixed width]: the last matrix of every kind of mixer
  MlaWeights mla;
  RecurrentWeights recurrent;

  PackedMatrix router;                        // [n_experts, d_model]
  PackedMatrix gate, up;                      // n_experts of [expert_width, d_model]
  PackedMatrix down;                          // n_experts of [d_model, expert_width]
  GatedMlp mlp;                               // dense part, or the shared expert beside others
  std::span<const float> router_bias;         // [n_experts] or empty
  std::span<const float> selection_bias;      // [n_experts] or empty
  std::span<const float> gate_bias, up_bias;  // [n_experts, expert_width] or empty
  std::span<const float> down_bias;           // [n_experts, d_model] or empty
  std::span<const float> shared_gate;         // [d_model] or empty
  int64_t dense_bytes = 0;                    // read for every token: all but the experts
  int64_t expert_bytes = 0;                   // of one expert
};

struct ModelWeights {
  Hyper hyper;
  WeightType embedding_type = WeightType::kF32;
  std::span<const std::byte> embedding;  // [vocabulary, d_model] as GGUF stores it
  std::span<const float> output_norm;    // [d_model]
  std::span<const float> rope_factors;   // [rope.dims / 2] or empty
  PackedMatrix output;                   // [vocabulary, d_model]
  std::vector<LayerWeights> layers;
  int64_t head_bytes = 0;      // output norm and head
  Arena shared;                // norms and embedding
  bool whole_experts = false;  // held by groups of threads
  std::vector<Arena> slices;   // one for each thread
  std::vector<Arena> experts;  // the same, of those that are whole with a group of threads
};

using LoadProgress = std::function<void(const std::string& what, double fraction)>;

// Throws Error for a tensor of a type that no kernel computes with, or without memory.
// isa: what will compute with them; decides how BF16 is packed. split: of the experts.
ModelWeights LoadWeights(const GgufFile& file, const Hyper& hyper, Team& team, IsaLevel isa,
                         const ExpertSplit& split, const MemoryBinders& bind,
                         const LoadProgress& progress);

}  // namespace moebench
