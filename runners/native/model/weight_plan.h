// What is to be packed and copied of a file, gathered before any memory is taken for it.
//   WeightPlan plan(file, isa, n_threads);
//   bytes += plan.Matrix("blk.0.attn_q.weight", rows, cols, {}, layer.q);
//   bytes += plan.Vector("blk.0.attn_norm.weight", layer.attn_norm);
// The matrices and spans must stay where they are until the plan is carried out. All throw Error
// for a tensor of a type that no kernel computes with.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runners/native/gguf/gguf_file.h"
#include "runners/native/kernels/packed_matrix.h"
#include "runners/native/model/expert_split.h"

namespace moebench {

// Where in a tensor a matrix lies, and how its rows are shared out.
struct MatrixPlace {
  int count = 1;       // matrices, one behind the other
  int first_row = 0;   // of the first of them
  int row_stride = 0;  // rows from one to the next; 0 = its own
  // Slices begin at whole blocks of the quantised rows that read their results.
  bool read_as_blocks = false;
  int expert_layer = -1;  // of experts: the layer's number among those with experts
};

class WeightPlan {
 public:
  struct Packing {
    PackedMatrix* matrix;
    const std::byte* raw;
    std::size_t raw_stride;
    std::vector<float> transposed;  // the data themselves, if they don't lie in the file
    bool whole_experts = false;     // held by groups of threads, in memory of their own
  };
  struct Copy {
    const TensorInfo* tensor;
    std::span<const float>* out;
    int row;  // floats of one row of the tensor, if rows and columns are to be exchanged; else 1
  };

  WeightPlan(const GgufFile& file, IsaLevel isa, int n_threads, const ExpertSplit& split)
      : file_(file), isa_(isa), n_threads_(n_threads), split_(split) {}

  // Both give the bytes of one matrix or vector as the file stores it.
  int64_t Matrix(const std::string& name, int rows, int cols, MatrixPlace place,
                 PackedMatrix& matrix);
  int64_t Vector(const std::string& name, std::span<const float>& out);
  // A small matrix [any, row] as f32 [row, any].
  int64_t TransposedVector(const std::string& name, int row, std::span<const float>& out);
  // The same matrices with rows and columns exchanged, as f32: count of [cols, rows].
  int64_t Transposed(const std::string& name, int rows, int cols, MatrixPlace place,
                     PackedMatrix& matrix);

  WeightType TypeOf(const TensorInfo& tensor) const;
  bool IsQuantisedTensor(const std::string& name) const;
  const GgufFile& file() const { return file_; }
  const std::vector<Packing>& packings() const { return packings_; }
  const std::vector<Copy>& copies() const { return copies_; }

 private:
  PackedMatrix SplitOf(const MatrixShape& shape, const MatrixPlace& place) const;

  const GgufFile& file_;
  IsaLevel isa_;
  int n_threads_;
  const ExpertSplit& split_;
  std::vector<Packing> packings_;
  std::vector<Copy> copies_;
};

}  // namespace moebench
