// Products with float weights on oneDNN, over the same packed tiles that our own kernels read
// (tile_layout.h). The only file that knows oneDNN.
//   OneDnnMatMul product({.type = WeightType::kF16, .rows = 384, .cols = 2048, .tile_rows = 64,
//                         .ldy = 768});
//   if (product.usable()) product.Run(tiles, x, 32, y);
// One object for each thread: running changes it. Made at load; a run allocates nothing of ours
// (oneDNN builds a short table of arguments).
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "runners/native/kernels/tile_layout.h"

namespace moebench {

struct OneDnnShape {
  WeightType type = WeightType::kF32;  // kF32, kF16, kBF16 or kBF16Pairs
  int rows = 0, cols = 0;              // of the weights: outputs, inputs
  int tile_rows = 16;
  std::ptrdiff_t ldy = 0;  // floats from one row of y to the next; x is dense

  bool operator==(const OneDnnShape&) const = default;
};

class OneDnnMatMul {
 public:
  // Rows of x that one call takes: powers of two in this range. Fewer are for our own loops, whose
  // sums come in one order for any number of rows.
  static constexpr int kFewest = 32, kMost = 64;

  explicit OneDnnMatMul(const OneDnnShape& shape);
  ~OneDnnMatMul();
  OneDnnMatMul(OneDnnMatMul&&) noexcept;

  const OneDnnShape& shape() const { return shape_; }
  // False where oneDNN has only its reference code for the shape, which is up to a thousand times
  // slower (shared facts: f32 x s4 177 ms against 0.2 ms), or none.
  bool usable() const { return usable_; }
  const std::string& implementation() const { return implementation_; }  // oneDNN's name for it

  // y[m, r] = x[m] . w[r] for m < n_x, n_x a power of two in kFewest..kMost.
  //   x  [n_x, cols]  f32; bf16 for kBF16Pairs
  void Run(const std::byte* tiles, const void* x, int n_x, float* y);

 private:
  struct State;
  OneDnnShape shape_;
  bool usable_ = false;
  std::string implementation_;
  std::unique_ptr<State> state_;
};

std::string OneDnnVersion();  // "3.7.2"

}  // namespace moebench
