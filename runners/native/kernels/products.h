// The products of one thread with its slices of the packed weights: own kernels for Q8_0 and for
// few rows of x, oneDNN for float weights and more rows.
//   Products products(KernelsFor(isa), thread);
//   products.Prepare(matrix, ldy);                         // at load
//   products.Run(matrix, expert, x, first_row, n_x, y, ldy);
// Each thread has its own. Running allocates nothing of ours.
#pragma once

#include <vector>

#include "runners/native/kernels/onednn_matmul.h"
#include "runners/native/kernels/packed_matrix.h"

namespace moebench {

// Rows of activations as the products take them. q8 is filled where a Q8_0 matrix reads them.
struct ActivationRows {
  float* f32 = nullptr;  // [n_rows, cols]
  Q8Rows q8;
  int cols = 0;
};

class Products {
 public:
  Products(const KernelTable& kernels, int thread) : kernels_(kernels), thread_(thread) {}

  // Makes oneDNN's kernels for this thread's slice, if it has any use for them.
  void Prepare(const PackedMatrix& matrix, std::ptrdiff_t ldy);

  // y[m, 0 .. slice rows) = x[first_row + m] W^T for m < n_x; ldy as it was prepared.
  void Run(const PackedMatrix& matrix, int index, const ActivationRows& x, int first_row, int n_x,
           float* y, std::ptrdiff_t ldy);

 private:
  const KernelTable& kernels_;
  int thread_;
  std::vector<OneDnnMatMul> onednn_;  // a handful of different shapes
};

}  // namespace moebench
