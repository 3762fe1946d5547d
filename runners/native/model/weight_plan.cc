#include "runners/native/model/weight_plan.h"

#include <algorithm>
#include <map>

#include "harness/base/error.h"
#include "runners/native/kernels/dequantise.h"

namespace moebench {
namespace {

// Slices begin where a thread's outputs are whole blocks of the quantised rows that read them, as
// long as that leaves work for everyone.
int GranuleFor(int rows, int block, int n_threads) {
  if (block <= kTileRows || rows / block < n_threads) return kTileRows;
  return block;
}

std::size_t StrideOf(const MatrixPlace& place, int rows) {
  return static_cast<std::size_t>(place.row_stride == 0 ? rows : place.row_stride);
}

}  // namespace

WeightType WeightPlan::TypeOf(const TensorInfo& tensor) const {
  for (int i = 0; i < kWeightTypes; ++i) {
    if (kWeightTraits[i].name == NameOf(tensor.type)) return static_cast<WeightType>(i);
  }
  std::string known;
  for (const WeightTraits& traits : kWeightTraits) {
    known += (known.empty() ? "" : ", ") + std::string(traits.name);
  }
  file_.Fail("tensor '" + tensor.name + "' is " + std::string(NameOf(tensor.type)) +
                 ", which the native engine does not compute with",
             "it takes " + known);
}

bool WeightPlan::IsQuantisedTensor(const std::string& name) const {
  return IsQuantised(TypeOf(file_.Require(name)));
}

PackedMatrix WeightPlan::SplitOf(const MatrixShape& shape, const MatrixPlace& place) const {
  const int block = place.read_as_blocks ? kActivationBlock : 1;
  if (place.expert_layer < 0 || split_.empty()) {
    return PackedMatrix(shape, GranuleFor(shape.rows, block, n_threads_), n_threads_);
  }
  std::map<int, int> threads;
  int most = 0;
  for (const int group : split_.group_of_thread) most = std::max(most, ++threads[group]);
  return PackedMatrix(shape, GranuleFor(shape.rows, block, most),
                      {split_.group_of_thread,
                       split_.group_of_expert.at(static_cast<std::size_t>(place.expert_layer))});
}

int64_t WeightPlan::Matrix(const std::string& name, int rows, int cols, MatrixPlace place,
                           PackedMatrix& matrix) {
  const TensorInfo& tensor = file_.Require(name);
  WeightType type = TypeOf(tensor);
  if (type == WeightType::kBF16 && isa_ == IsaLevel::kAvx512Bf16 && cols % 2 == 0) {
    type = WeightType::kBF16Pairs;
  }
  const MatrixShape shape{type, rows, cols, place.count};
  matrix = SplitOf(shape, place);
  const std::size_t row_bytes = RawRowBytes(shape.type, cols);
  const std::size_t stride = StrideOf(place, rows), count = static_cast<std::size_t>(place.count);
  const std::size_t end = static_cast<std::size_t>(place.first_row) + (count - 1) * stride +
                          static_cast<std::size_t>(rows);
  CHECK(end * row_bytes <= tensor.size_bytes);
  packings_.push_back(
      {&matrix,
       file_.Bytes(tensor).data() + static_cast<std::size_t>(place.first_row) * row_bytes,
       stride * row_bytes,
       {},
       matrix.by_groups()});
  return static_cast<int64_t>(shape.RawBytes());
}

int64_t WeightPlan::Transposed(const std::string& name, int rows, int cols, MatrixPlace place,
                               PackedMatrix& matrix) {
  const TensorInfo& tensor = file_.Require(name);
  const WeightType type = TypeOf(tensor);
  const MatrixShape shape{WeightType::kF32, cols, rows, place.count};
  matrix = PackedMatrix(shape, GranuleFor(cols, 1, n_threads_), n_threads_);
  const std::size_t row_bytes = RawRowBytes(type, cols), stride = StrideOf(place, rows);
  const std::size_t n_rows = static_cast<std::size_t>(rows),
                    n_cols = static_cast<std::size_t>(cols);
  std::vector<float> data(n_rows * n_cols * static_cast<std::size_t>(place.count)), row(n_cols);
  for (std::size_t i = 0; i < static_cast<std::size_t>(place.count); ++i) {
    for (std::size_t r = 0; r < n_rows; ++r) {
      const std::size_t at = static_cast<std::size_t>(place.first_row) + i * stride + r;
      CHECK((at + 1) * row_bytes <= tensor.size_bytes);
      ReadRawRow(type, file_.Bytes(tensor).data() + at * row_bytes, cols, row.data());
      for (std::size_t c = 0; c < n_cols; ++c) data[(i * n_cols + c) * n_rows + r] = row[c];
    }
  }
  Packing& packing =
      packings_.emplace_back(Packing{&matrix, nullptr, shape.RawBytes(), std::move(data)});
  packing.raw = reinterpret_cast<const std::byte*>(packing.transposed.data());
  return static_cast<int64_t>(shape.RawBytes());
}

int64_t WeightPlan::Vector(const std::string& name, std::span<const float>& out) {
  return TransposedVector(name, 1, out);
}

int64_t WeightPlan::TransposedVector(const std::string& name, int row,
                                     std::span<const float>& out) {
  const TensorInfo& tensor = file_.Require(name);
  TypeOf(tensor);
  CHECK(row > 0 && tensor.ElementCount() % row == 0);
  copies_.push_back({&tensor, &out, row});
  return static_cast<int64_t>(tensor.size_bytes);
}

}  // namespace moebench
