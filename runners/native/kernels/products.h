// The products of one thread with its slices of the packed weights: own kernels for quantised
// weights and for few rows of x, oneDNN for float weights and more rows.
//   Products products(KernelsFor(isa), thread);
//   products.Prepare(matrix, ldy);                         // at load
//   products.Run(matrix, expert, x, first_row, n_x, y, ldy);
// Each thread has its own. Running allocates nothing of ours.
#pragma once

#include <vector>

#include "runners/native/kernels/onednn_matmul.h"
#include "runners/native/kernels/packed_matrix.h"

namespace moebench {

// Rows of activations as the products take them. blocks is filled where a quantised matrix reads
// them, in groups: the rows that one product takes together.
struct ActivationRows {
  float* f32 = nullptr;               // [n_rows, cols]
  ActivationBlock* blocks = nullptr;  // [n_rows, cols / 32]; nullptr if 32 does not divide cols
  int cols = 0;

  ActivationGroup Group(int first_row, int n) const {
    const int each = cols / kActivationBlock;
    return {blocks + std::ptrdiff_t{first_row} * each, n, each};
  }
};

// Columns [begin, end) of row `row` of the group that is rows first_row..first_row + n - 1; both
// multiples of 32.
inline void QuantiseColumns(const KernelTable& kernels, const ActivationRows& rows, int first_row,
                            int n, int row, int begin, int end) {
  const ActivationGroup group = rows.Group(first_row, n);
  const int stride = group.Stride(row);
  kernels.quantise(rows.f32 + std::ptrdiff_t{first_row + row} * rows.cols + begin,
                   (end - begin) / kActivationBlock,
                   group.Row(row) + std::ptrdiff_t{begin / kActivationBlock} * stride, stride);
}

class Products {
 public:
  enum class By { kFastest, kOwnKernels, kOneDnn };  // the others to compare them
  Products(const KernelTable& kernels, int thread, By by = By::kFastest)
      : kernels_(kernels), thread_(thread), by_(by) {}

  // Makes oneDNN's kernels for this thread's slice, if it has any use for them. Before the first
  // run with a matrix of float weights.
  void Prepare(const PackedMatrix& matrix, std::ptrdiff_t ldy);

  // y[m, 0 .. slice rows) = x[first_row + m] W^T for m < n_x, which are a group where W is
  // quantised; ldy as it was prepared.
  void Run(const PackedMatrix& matrix, int index, const ActivationRows& x, int first_row, int n_x,
           float* y, std::ptrdiff_t ldy);

 private:
  const KernelTable& kernels_;
  bool OneDnnWanted(WeightType type) const;

  int thread_;
  By by_;
  // y [n_x, ldy] of n_x <= OneDnnMatMul::kMost rows of x, f32 or bf16 as the weights want.
  template <typename Element, typename Own>
  void RunFloat(const PackedSlice& slice, WeightType type, const Element* x, int cols, int n_x,
                float* y, std::ptrdiff_t ldy, Own own);

  std::vector<OneDnnMatMul> onednn_;  // a handful of different shapes
  std::vector<uint16_t> rounded_;     // [OneDnnMatMul::kMost, most columns] bf16
};

}  // namespace moebench
