// Rotary position embedding (Su et al., arXiv:2104.09864): turns pairs of a head's elements by
// position * base^(-2i / dims), stretched as the model asks (linear, or YaRN, arXiv:2309.00071).
// Angles are computed once, in double.
//   RopeTable table(512, hyper.rope, factors);
//   table.Apply(position, head);  // any thread
#pragma once

#include <span>
#include <vector>

#include "runners/native/facts/layer_shapes.h"

namespace moebench {

class RopeTable {
 public:
  RopeTable() = default;
  // factors: [dims / 2] by which angles are divided, or empty. Memory: n_positions x dims floats.
  RopeTable(int n_positions, const RopeShape& shape, std::span<const float> factors = {});

  // Turns the first dims elements of a head in place, position < n_positions.
  void Apply(int position, float* head) const;

 private:
  int half_ = 0;
  RopeStyle style_ = RopeStyle::kNeox;
  std::vector<float> cos_, sin_;  // [n_positions, dims / 2]
};

}  // namespace moebench
