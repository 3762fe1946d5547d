// Rotary position embedding (Su et al., arXiv:2104.09864): turns pairs of a head's elements by
// position * base^(-2i / head_dim). Angles are computed once, in double.
//   RopeTable table(512, 128, 1e6, RopeStyle::kNeox);
//   table.Apply(position, head);  // any thread
#pragma once

#include <vector>

#include "runners/native/facts/hyper.h"

namespace moebench {

class RopeTable {
 public:
  RopeTable() = default;
  // head_dim is even. Memory: n_positions x head_dim floats.
  RopeTable(int n_positions, int head_dim, double base, RopeStyle style);

  // Turns one head [head_dim] in place, position < n_positions.
  void Apply(int position, float* head) const;

 private:
  int half_ = 0;
  RopeStyle style_ = RopeStyle::kNeox;
  std::vector<float> cos_, sin_;  // [n_positions, head_dim / 2]
};

}  // namespace moebench
