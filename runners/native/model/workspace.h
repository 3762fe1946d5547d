// All buffers of a forward pass, made once: the passes themselves allocate nothing.
//   Workspace space(hyper, context, team.size(), bind);
// Shared buffers are written by the thread that owns the part, with a barrier before others read.
#pragma once

#include <span>
#include <vector>

#include "runners/native/facts/hyper.h"
#include "runners/native/kernels/arena.h"
#include "runners/native/kernels/kv_layout.h"
#include "runners/native/kernels/products.h"
#include "runners/native/model/expert_groups.h"

namespace moebench {

// Tokens of one pass at most, and how many of (token, expert) pairs.
inline constexpr int kMaxBatch = 512;

struct alignas(128) ThreadSpace {  // one thread's own
  ActivationRows normed;           // [1, d_model] when one token is decoded
  std::span<float> products;       // [kMaxBatch, widest slice of this thread]
  std::span<float> head;           // [head_dim] a query or key on its way; a delta net's q, k and v
  std::span<float> memory;   // [rows, cols] of a recurrent layer's head, while it may be taken back
  std::span<float> router;   // [n_experts]
  std::span<float> routing;  // [2 n_experts] scratch
  std::span<int> ids;        // [n_experts] when one token is decoded
  std::span<float> weights;  // the same
  ExpertGroups groups;
  std::span<int> executed;  // [kMaxBatch] expert products of each token
  int expert_runs = 0;      // experts of the layer that computed something
};

struct Workspace {
  Workspace() = default;
  // context: positions of the KV cache. whole_experts: of each group of threads that holds experts
  // of its own, where its memory goes; empty: every thread holds a part of each.
  Workspace(const Hyper& hyper, const KvShape& kv, int context, int n_threads,
            const std::vector<MemoryBinder>& whole_experts, const MemoryBinder& bind);

  int max_slots = 0;             // pairs of token and expert in one pass: batch x k
  std::span<float> x;            // [kMaxBatch, d_model] the residual stream
  ActivationRows normed;         // [kMaxBatch, d_model]
  std::span<float> q;            // [kMaxBatch, rows of the q matrix]
  std::span<float> k, v;         // [kMaxBatch, n_kv_heads x head_dim or value_dim]
  std::span<std::byte> queries;  // packed, AttentionWork::MostPackedBytes
  std::span<float> seen;         // states of attention, AttentionWork::MostStateFloats
  ActivationRows attended;       // [kMaxBatch, n_heads x value_dim]
  // Latent attention. Rows by head, then token.
  ActivationRows q_low;            // [kMaxBatch, q_rank]
  std::span<float> latent;         // [kMaxBatch, kv_rank + rope]
  ActivationRows nope;             // [n_heads x kMaxBatch, nope_dim]
  std::span<float> mla_query;      // [n_heads x kMaxBatch, kv_rank + rope]
  ActivationRows attended_latent;  // [n_heads x kMaxBatch, kv_rank]
  // Recurrent layers.
  std::span<float> projected;    // [kMaxBatch, rows of recurrent.in]
  std::span<float> z;            // [kMaxBatch, rows of recurrent.z]
  std::span<float> beta, alpha;  // [kMaxBatch, rows of theirs]
  std::span<float> convolved;    // [kMaxBatch, channels] of Mamba-2
  ActivationRows remembered;     // [kMaxBatch, width] what the layer gives its last matrix
  std::span<float> router;       // [kMaxBatch, n_experts]
  std::span<int> ids;            // [max_slots] by token
  std::span<float> weights;
  ActivationRows gathered;  // [max_slots, d_model] by expert
  // Each [max_slots, expert_width] by expert: one, or one for each group of threads that holds
  // experts, on its node: nobody else reads or writes there.
  std::vector<ActivationRows> hidden;
  std::span<float> given;  // [max_slots, d_model] what whole experts give, by expert; or empty
  ActivationRows mlp;      // [kMaxBatch, widest dense part or shared expert]; see OfWidth
  std::vector<ThreadSpace> threads;
  Arena arena;
  std::vector<Arena> group_arenas;
};

// The same memory as rows of so many columns, at most those it was made for.
ActivationRows OfWidth(ActivationRows rows, int cols);

}  // namespace moebench
