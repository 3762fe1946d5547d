// What recurrent layers remember of a sequence: a memory by heads and the last inputs of a
// convolution, of fixed size whatever the sequence's length; and the steps of the last tokens, so
// that these can be taken back.
//   RecurrentStates states(hyper, bind);
//   team.Run([&](int thread) { states.Clear(thread, team.size()); });
//   float* memory = states.Open(kernels, layer, head, position, Hold::kForGood, scratch);
// A pass for good changes the memory in place. A revocable one works on a copy of one head at a
// time, which stays in the cache of its thread, and notes what each token changed (decay, change,
// key: as much as two rows, where the memory has a hundred); the memory itself stays as it was
// before the first token that can be taken back. Going back is a number. What stays is repeated on
// the memory, to the bit, when the head is opened the next time anyway. So nothing is read or
// written for it beside the notes, where a ring of snapshots would move the whole memory for each
// token. Heads may be worked on by different threads.
#pragma once

#include <span>
#include <vector>

#include "runners/native/facts/hyper.h"
#include "runners/native/kernels/arena.h"
#include "runners/native/kernels/kernel_table.h"

namespace moebench {

// Whether what a pass adds to the sequence may be taken back later.
enum class Hold { kForGood, kRevocable };
inline constexpr int kMostRevocable = 16;  // tokens

struct RecurrentLayer {
  int heads = 0, rows = 0, cols = 0;  // of the memory; 0 heads: not a recurrent layer
  int channels = 0;                   // of the convolution
  std::span<float> memory;  // [heads, rows, cols] DeltaNet: rows are values; Mamba-2: state
  std::span<float> conv;    // [RecurrentStates::ConvRows(kernel), channels] by position
  std::span<float> steps;   // [heads, kMostRevocable, 1 + rows + cols, rounded up]
};

// What one token changed in the memory of one head.
struct RecurrentStep {
  float* decay;   // [1]
  float* key;     // [cols]
  float* change;  // [rows]
};

class RecurrentStates {
 public:
  RecurrentStates() = default;
  // Throws Error without memory. Untouched until Clear.
  RecurrentStates(const Hyper& hyper, const MemoryBinder& bind);

  bool empty() const { return layers_.empty(); }
  const RecurrentLayer& Layer(int layer) const { return layers_[static_cast<std::size_t>(layer)]; }
  // Rows that a convolution's history has: those it looks back on, and all that can be taken back.
  static int ConvRows(int kernel) { return kernel - 1 + kMostRevocable; }

  // Forgets all: one thread's share of every layer, the heads that it computes, so that it touches
  // them first. Then Restart by one of them.
  void Clear(int thread, int n_threads);
  void Restart() { folded_ = confirmed_ = 0; }

  // Before a pass at `position`, by the thread of the head: the memory after the tokens so far.
  //   scratch [rows, cols] that a revocable pass works on
  float* Open(const KernelTable& kernels, int layer, int head, int position, Hold hold,
              float* scratch) const;
  // Where a revocable pass notes what the token at `position` changes.
  RecurrentStep Step(int layer, int head, int position) const;
  // By one thread: tokens before `position` won't be taken back; before a pass for good, all.
  void Confirm(int position) { confirmed_ = position; }
  // By one thread, when a pass is done on all layers and heads: `position` is the next token's.
  void EndPass(int position, Hold hold);
  int confirmed() const { return confirmed_; }

  // Repeats on the memory what is confirmed; one thread's share. Then EndPass.
  void Fold(const KernelTable& kernels, int thread, int n_threads) const;
  // A copy of everything that is confirmed and folded: [floats()], one thread's share.
  std::size_t floats() const { return kept_.size(); }
  void Save(std::span<float> to, int thread, int n_threads) const;
  void Restore(std::span<const float> from, int thread, int n_threads);
  const Arena& arena() const { return arena_; }

 private:
  float* MemoryOf(const RecurrentLayer& layer, int head) const {
    return layer.memory.data() + std::ptrdiff_t{head} * layer.rows * layer.cols;
  }

  Arena arena_;
  std::span<float> kept_;               // memories and convolutions of all layers
  std::vector<RecurrentLayer> layers_;  // [n_layers]; none without recurrent layers
  int folded_ = 0;                      // tokens that the memories hold
  int confirmed_ = 0;                   // tokens that won't be taken back, folded_ at least
};

}  // namespace moebench
