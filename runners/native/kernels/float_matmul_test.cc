// Products with f32, f16 and bf16 weights on every instruction set this cpu has.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "harness/base/rng.h"
#include "runners/native/kernels/arena.h"
#include "runners/native/kernels/dequantise.h"
#include "runners/native/kernels/kernel_table.h"
#include "runners/native/kernels/testing/random_weights.h"
#include "runners/native/kernels/tile_layout.h"

namespace moebench {
namespace {

void ExpectRightProduct(IsaLevel isa, WeightType type, int rows, int cols, int n_x) {
  const KernelTable& kernels = KernelsFor(isa);
  const std::vector<std::byte> raw = RandomWeights(type, rows, cols, 3);
  Rng rng(4);
  const int ldx = cols + 3, ldy = rows + 2;
  std::vector<float> x(static_cast<std::size_t>(n_x * ldx));
  for (float& value : x) value = static_cast<float>(rng.Normal());
  Arena arena(SliceBytes(type, rows, cols), {});
  std::byte* tiles = arena.Take(SliceBytes(type, rows, cols));
  PackSlice(type, raw.data(), rows, cols, tiles);
  std::vector<float> y(static_cast<std::size_t>(n_x * ldy), -7.0f);
  const auto matmul = type == WeightType::kF32   ? kernels.matmul_f32
                      : type == WeightType::kF16 ? kernels.matmul_f16
                                                 : kernels.matmul_bf16;
  matmul({tiles, rows, cols, TileRows(type, rows)}, x.data(), ldx, n_x, y.data(), ldy);
  std::vector<float> w(static_cast<std::size_t>(cols));
  for (int r = 0; r < rows; ++r) {
    ReadRawRow(type, raw.data() + static_cast<std::size_t>(r) * RawRowBytes(type, cols), cols,
               w.data());
    for (int m = 0; m < n_x; ++m) {
      double wanted = 0, magnitude = 0;
      for (int c = 0; c < cols; ++c) {
        const double term =
            double{w[static_cast<std::size_t>(c)]} * x[static_cast<std::size_t>(m * ldx + c)];
        wanted += term;
        magnitude += std::abs(term);
      }
      const double tolerance = cols * 0x1.0p-24 * magnitude + 1e-30;  // one rounding a term
      ASSERT_NEAR(y[static_cast<std::size_t>(m * ldy + r)], wanted, tolerance)
          << IsaName(isa) << " " << rows << "x" << cols << " n_x=" << n_x;
      ASSERT_EQ(y[static_cast<std::size_t>(m * ldy + rows)], -7.0f) << "wrote beyond its rows";
    }
  }
}

TEST(FloatMatMul, IsTheSumOfTheTermsForEveryTypeShapeAndIsa) {
  for (const IsaLevel isa : {IsaLevel::kScalar, IsaLevel::kAvx2, IsaLevel::kAvx512Vnni}) {
    if (!IsaAvailable(isa)) continue;
    for (const WeightType type : {WeightType::kF32, WeightType::kF16, WeightType::kBF16}) {
      for (const int rows : {1, 16, 32, 40, 64, 70}) {
        for (const int cols : {1, 17, 64}) {
          for (const int n_x : {1, 2, 3, 4, 7}) ExpectRightProduct(isa, type, rows, cols, n_x);
        }
      }
    }
  }
}

}  // namespace
}  // namespace moebench
