// The forward pass: appends tokens to a sequence and gives the logits that follow them. Layer by
// layer it is what the file's Hyper says: a mixer of positions (transformer_attention.cc,
// mixer_*.cc), then a feed-forward part (transformer_feed_forward.cc, transformer_experts.cc).
//   Transformer model(std::move(weights), team, isa, context_tokens, bind);
//   model.Forward(prompt, k, LogitsOf::kLast, logits);
//   model.Forward({&next, 1}, k, LogitsOf::kLast, logits);
// k may be another one in every call. In passes of at most kFewTokens tokens (attention_work.h)
// each token's logits are bitwise the same however many there are. All threads of the team work on
// each call; the caller is thread 0. After construction nothing allocates, locks, or calls the
// system. Not thread-safe.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "runners/native/kernels/attention_work.h"
#include "runners/native/kernels/routing.h"
#include "runners/native/kernels/team.h"
#include "runners/native/model/delta_net_columns.h"
#include "runners/native/model/forward_stats.h"
#include "runners/native/model/kv_cache.h"
#include "runners/native/model/recurrent_states.h"
#include "runners/native/model/rope.h"
#include "runners/native/model/weights.h"
#include "runners/native/model/workspace.h"

namespace moebench {

enum class LogitsOf { kNone, kLast, kAll };

// A piece of the model's memory, for the proof of where it is.
struct UsedMemory {
  enum class Kind { kRows, kExperts, kSharedWeights, kKvCache, kRecurrentState, kActivations };
  Kind kind;
  int thread = -1;  // of kRows and kExperts: whose; else -1
  std::span<const std::byte> bytes;
};

class Transformer {
 public:
  // context_tokens: positions of the KV cache, in 1..hyper.context. Throws Error beyond, or without
  // memory. Borrows the team.
  Transformer(ModelWeights weights, Team& team, IsaLevel isa, int context_tokens, KvType kv,
              const MemoryBinders& bind);

  // logits: [1 or tokens.size(), vocabulary]; empty for kNone. Long inputs go in batches.
  // hold: matters to models with recurrent layers, which can go back over revocable tokens only,
  // and have at most kMostRevocable of them since the last pass for good or Confirm. Throws Error
  // for k outside 1..most_experts (not 0 in a dense model), a token outside the vocabulary, more
  // tokens than the context has room for, or numbers that are not finite; after the last of these
  // only Reset is left.
  void Forward(std::span<const int> tokens, int k, LogitsOf wanted, std::span<float> logits,
               Hold hold = Hold::kForGood);
  void Reset();  // forgets the sequence
  // Forgets what follows the first `position` tokens, at most those there are. CHECKs that a model
  // with recurrent layers can go back so far.
  void Rewind(int position);
  // The tokens there are won't be taken back: room for other revocable ones.
  void Confirm() { recurrent_.Confirm(position_); }
  bool has_recurrent_layers() const { return !recurrent_.empty(); }
  // What recurrent layers remember, [state_floats()], exactly; the tokens there are are confirmed
  // by it. To be put back with the position that it was taken at, which must not be beyond now's.
  std::size_t state_floats() const { return recurrent_.floats(); }
  void SaveState(std::span<float> to);
  void RestoreState(std::span<const float> from, int position);
  int position() const { return position_; }  // tokens in the sequence
  int context() const { return cache_.context(); }
  const Hyper& hyper() const { return weights_.hyper; }
  int most_experts() const;  // of one token in one layer; 0 in a dense model
  ForwardStats& stats() { return stats_; }
  // Called by thread 0 after each layer of each batch, as a sign of life; may not allocate or lock.
  void set_on_layer(std::function<void()> on_layer) { on_layer_ = std::move(on_layer); }
  std::vector<UsedMemory> MemoryInUse() const;

 private:
  struct Pass {  // one batch; the same for all threads
    std::span<const int> tokens;
    int n = 0, k = 0, first_position = 0;
    LogitsOf wanted = LogitsOf::kNone;
    float* logits = nullptr;  // [1 or n, vocabulary]
    Hold hold = Hold::kForGood;
  };

  void RunPass(const Pass& pass);
  void PassOf(int thread, const Pass& pass);
  void Embed(int thread, const Pass& pass);
  // The normed rows of x that this thread may read: all threads compute the one row of a single
  // token for themselves, which is cheaper than meeting; more rows are shared out.
  const ActivationRows& Norm(int thread, const Pass& pass, std::span<const float> weight,
                             bool quantise);
  // Of one token, by every thread for itself.
  const ActivationRows& NormOne(int thread, int token, std::span<const float> weight,
                                bool quantise);
  void Mix(int thread, const Pass& pass, int layer);
  void FeedForwardOf(int thread, const Pass& pass, int layer);

  void Attention(int thread, const Pass& pass, int layer);
  // Of query rows: a row is query head row % group of its KV head, of token row / group; rows of
  // all KV heads are counted through.
  void PrepareRows(int thread, const Pass& pass, int layer, const AttentionWork& work, Range rows);
  void MergeRows(const Pass& pass, int layer, const AttentionWork& work, Range rows);
  std::span<const KvHead> CachedHeads(int layer) const {
    return cache_.Heads(cache_layer_[static_cast<std::size_t>(layer)]);
  }
  void Mla(int thread, const Pass& pass, int layer);
  void MlaQueries(int thread, const Pass& pass, int layer, const ActivationRows& x);
  void MlaKeys(int thread, const Pass& pass, int layer);
  void DeltaNet(int thread, const Pass& pass, int layer);
  void DeltaNetHead(int thread, const Pass& pass, int layer, int head);
  void Mamba2(int thread, const Pass& pass, int layer);
  // Of a pass that may be taken back: notes decay and key of a token of it, and says where what it
  // changes belongs. Else nullptr.
  float* NoteStep(const Pass& pass, int layer, int head, int token, float decay, const float* key);
  // Quantises the rows of a pass, if the matrix wants it, and adds their product with it to the
  // residual stream. Begins with a barrier.
  void MixedToResidual(int thread, const Pass& pass, int layer, const ActivationRows& mixed);

  bool SlicesAreWholeBlocks(const PackedMatrix& matrix) const;
  void MlpHidden(int thread, const Pass& pass, const GatedMlp& mlp, const ActivationRows& x);
  void MlpDown(int thread, const Pass& pass, const LayerWeights& w, const ActivationRows& x);
  void Activate(float* gate, float* up, int expert, const LayerWeights& w, Range rows) const;
  void Experts(int thread, const Pass& pass, int layer);
  const ExpertGroups& Route(int thread, const Pass& pass, int layer);
  const ActivationRows& Gather(int thread, const Pass& pass, int layer, const ExpertGroups& groups,
                               const ActivationRows& x);
  void GateAndUp(int thread, const Pass& pass, int layer, const ExpertGroups& groups,
                 const ActivationRows& x);
  uint8_t* RecordedOf(const Pass& pass, int layer);
  void CountExperts(const Pass& pass, const LayerWeights& w);
  void Down(int thread, int layer, const ExpertGroups& groups);
  void AddGiven(int thread, const Pass& pass, const ExpertGroups& groups);
  void Head(int thread, const Pass& pass);
  // x[token, rows of this thread] += scale * residual_scale * products
  void AddToResidual(int thread, const PackedMatrix& matrix, int row, int token, float scale);
  Range TokensOf(int thread, const Pass& pass) const {
    return PartOf(pass.n, 1, thread, team_.size());
  }
  const LayerWeights& Layer(int layer) const {
    return weights_.layers[static_cast<std::size_t>(layer)];
  }
  const ActivationRows& HiddenOf(int group) const {
    return space_.hidden[static_cast<std::size_t>(group)];
  }
  ThreadSpace& Own(int thread) { return space_.threads[static_cast<std::size_t>(thread)]; }
  void CountPass(const Pass& pass);
  void PrepareProducts(int thread);
  // This thread's rows of out (which has as many columns as the matrix rows) for all tokens.
  void Project(int thread, const Pass& pass, const PackedMatrix& matrix, const ActivationRows& x,
               std::span<float> out, std::span<const float> bias = {});
  // This thread's rows of x W^T, for the rows of x from first_row on.
  void Multiply(int thread, const PackedMatrix& matrix, int index, const ActivationRows& x,
                int first_row, int n_x, float* y, std::ptrdiff_t ldy) {
    products_[static_cast<std::size_t>(thread)].Run(matrix, index, x, first_row, n_x, y, ldy);
  }

  ModelWeights weights_;
  Team& team_;
  const KernelTable& kernels_;
  const AttentionKernels& attention_;
  std::vector<Products> products_;  // one for each thread
  std::vector<int> counting_;       // threads that together hold every expert once
  RoutingRule routing_;
  RopeTable rope_;
  KvCache cache_;
  std::vector<int> cache_layer_;  // [n_layers] of the cache; -1 in layers without
  RecurrentStates recurrent_;
  std::vector<DeltaNetColumns> delta_columns_;  // [value heads]
  Workspace space_;
  ForwardStats stats_;
  std::function<void()> on_layer_;
  int position_ = 0;
  std::atomic<bool> not_finite_{false};
};

}  // namespace moebench
