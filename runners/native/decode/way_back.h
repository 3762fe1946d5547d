// Takes back tokens that a model was fed and should not have been.
//   WayBack way(transformer);
//   way.Start(Recurrent::kRollback);
//   way.Mark();  way.Append(guesses, k, LogitsOf::kAll, logits);  way.GoTo(position);
// Layers with a KV cache forget by position. Layers with a state go back exactly (kRollback), or by
// a copy made at the mark (kCheckpoint). Borrows the transformer. Not thread-safe.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "runners/native/model/transformer.h"

namespace moebench {

enum class Recurrent { kRollback, kCheckpoint };
// "rollback" or "checkpoint"; throws Error for others.
Recurrent RecurrentFrom(const std::string& name);

class WayBack {
 public:
  explicit WayBack(Transformer& model) : model_(model) {}

  void Start(Recurrent recurrent);  // may allocate; the others don't
  void Mark();                      // what is appended from here on may be taken back
  // At most kMostRevocable tokens from a mark on.
  void Append(std::span<const int> tokens, int k, LogitsOf wanted, std::span<float> logits);
  // To a position from the mark on. With a checkpoint the model stands at the mark then, and what
  // is right must be appended again.
  void GoTo(int position);

 private:
  bool uses_checkpoint() const { return !saved_.empty(); }

  Transformer& model_;
  std::vector<float> saved_;  // empty without checkpoints
  int mark_ = 0;
};

}  // namespace moebench
