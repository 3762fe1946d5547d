#include "runners/native/kernels/products.h"

#include <algorithm>

#include "harness/base/error.h"

namespace moebench {
namespace {

OneDnnShape ShapeOf(WeightType type, const PackedSlice& slice, std::ptrdiff_t ldy) {
  return {.type = type,
          .rows = slice.rows,
          .cols = slice.cols,
          .tile_rows = slice.tile_rows,
          .ldy = ldy};
}

}  // namespace

// Own loops for bf16 pairs are at least as fast as oneDNN's for any number of rows (README.md), but
// they don't know AMX.
bool Products::OneDnnWanted(WeightType type) const {
  return by_ == By::kOneDnn ||
         (by_ == By::kFastest && (type != WeightType::kBF16Pairs || HasAmxBf16()));
}

void Products::Prepare(const PackedMatrix& matrix, std::ptrdiff_t ldy) {
  const WeightType type = matrix.shape().type;
  const PackedSlice slice = matrix.SliceShape(thread_);
  // Below AVX-512 oneDNN splits sums by the shape, so that the number of threads would change
  // results, and is no faster than our loops (README.md).
  if (IsQuantised(type) || slice.rows == 0 || kernels_.isa < IsaLevel::kAvx512Vnni) return;
  if (type == WeightType::kBF16Pairs) {
    rounded_.resize(std::max(rounded_.size(), static_cast<std::size_t>(OneDnnMatMul::kMost) *
                                                  static_cast<std::size_t>(slice.cols)));
  }
  if (!OneDnnWanted(type)) return;
  const OneDnnShape shape = ShapeOf(type, slice, ldy);
  const auto same = [&](const OneDnnMatMul& each) { return each.shape() == shape; };
  if (std::any_of(onednn_.begin(), onednn_.end(), same)) return;
  OneDnnMatMul made(shape);
  if (made.usable()) onednn_.push_back(std::move(made));
}

void Products::Run(const PackedMatrix& matrix, int index, const ActivationRows& x, int first_row,
                   int n_x, float* y, std::ptrdiff_t ldy) {
  const WeightType type = matrix.shape().type;
  const PackedSlice slice = matrix.Slice(thread_, index);
  if (slice.rows == 0) return;
  if (IsQuantised(type)) {
    return kernels_.matmul_quantised[static_cast<int>(type)](slice, x.Group(first_row, n_x).first,
                                                             n_x, y, ldy);
  }
  const float* rows = x.f32 + std::ptrdiff_t{first_row} * x.cols;
  if (type != WeightType::kBF16Pairs) {
    const auto own = type == WeightType::kF32   ? kernels_.matmul_f32
                     : type == WeightType::kF16 ? kernels_.matmul_f16
                                                : kernels_.matmul_bf16;
    return RunFloat(slice, type, rows, x.cols, n_x, y, ldy, own);
  }
  // An odd last column would need a partner of its own in every row: GGUF has none such.
  CHECK(x.cols % 2 == 0 && kernels_.matmul_bf16_pairs != nullptr);
  for (int m = 0; m < n_x; m += OneDnnMatMul::kMost) {
    const int here = std::min(OneDnnMatMul::kMost, n_x - m);
    kernels_.round_bf16(rows + std::ptrdiff_t{m} * x.cols, here * x.cols, rounded_.data());
    RunFloat(slice, type, rounded_.data(), x.cols, here, y + m * ldy, ldy,
             kernels_.matmul_bf16_pairs);
  }
}

template <typename Element, typename Own>
void Products::RunFloat(const PackedSlice& slice, WeightType type, const Element* x, int cols,
                        int n_x, float* y, std::ptrdiff_t ldy, Own own) {
  if (n_x >= OneDnnMatMul::kFewest) {
    const OneDnnShape shape = ShapeOf(type, slice, ldy);
    const auto product =
        std::find_if(onednn_.begin(), onednn_.end(),
                     [&](const OneDnnMatMul& each) { return each.shape() == shape; });
    for (int n = OneDnnMatMul::kMost; product != onednn_.end() && n >= OneDnnMatMul::kFewest;) {
      if (n_x < n) {
        n /= 2;
        continue;
      }
      product->Run(slice.tiles, x, n, y);
      x += std::ptrdiff_t{n} * cols;
      y += n * ldy;
      n_x -= n;
    }
  }
  if (n_x > 0) own(slice, x, cols, n_x, y, ldy);
}

}  // namespace moebench
