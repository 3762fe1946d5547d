// What recurrent layers remember of a sequence: one plain block of floats for each layer, whatever
// the sequence's length.
//   RecurrentStates states(hyper, bind);
//   team.Run([&](int thread) { states.Clear(thread, team.size()); });
//   RecurrentLayer layer = states.Layer(3);
//   states.Save(slot);  states.Restore(slot);   // slot [states.floats()]: exact, bit for bit
// All blocks lie in one run, so that a snapshot is one copy. Layers may be written by any thread,
// one at a time.
#pragma once

#include <span>
#include <vector>

#include "runners/native/facts/hyper.h"
#include "runners/native/kernels/arena.h"

namespace moebench {

struct RecurrentLayer {
  std::span<float> conv;    // [kernel - 1, channels] the last inputs of the convolution
  std::span<float> memory;  // DeltaNet [value heads, head_dim, head_dim], Mamba-2 [inner, state]
  int heads = 0;            // of the memory
};

class RecurrentStates {
 public:
  RecurrentStates() = default;
  // Throws Error without memory. Untouched until Clear.
  RecurrentStates(const Hyper& hyper, const MemoryBinder& bind);

  RecurrentLayer Layer(int layer) const { return layers_[static_cast<std::size_t>(layer)]; }
  // Writes zeros, for nothing has been seen: one thread's share of every layer, the heads that it
  // computes, so that it touches them first.
  void Clear(int thread, int n_threads);
  std::size_t floats() const { return all_.size(); }
  void Save(std::span<float> to) const;
  void Restore(std::span<const float> from);
  const Arena& arena() const { return arena_; }

 private:
  Arena arena_;
  std::span<float> all_;
  std::vector<RecurrentLayer> layers_;  // [n_layers]; empty where a layer has none
};

}  // namespace moebench
