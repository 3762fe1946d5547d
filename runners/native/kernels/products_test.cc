// Products of one thread's slices, by whichever way they are computed.
#include "runners/native/kernels/products.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "harness/base/rng.h"
#include "runners/native/kernels/dequantise.h"
#include "runners/native/kernels/testing/random_weights.h"

namespace moebench {
namespace {

// Two matrices, of which the second is used, split over two threads.
void ExpectRightProduct(WeightType type, int rows, int cols, int n_x) {
  // One f32 rounding a term, and one of each activation to 8 bits where products take bf16.
  const double rounding = type == WeightType::kBF16Pairs ? 0x1.0p-8 : 0.0;
  constexpr int kThreads = 2;
  const std::vector<std::byte> raw = RandomWeights(type, 2 * rows, cols, 3);
  PackedMatrix matrix({type, rows, cols, 2}, kTileRows, kThreads);
  std::vector<Arena> arenas;
  Rng rng(4);
  std::vector<float> x(static_cast<std::size_t>(n_x * cols));
  for (float& value : x) value = static_cast<float>(rng.Normal());
  const ActivationRows activations{.f32 = x.data(), .cols = cols};
  const int ldy = rows + 2;
  std::vector<float> y(static_cast<std::size_t>(n_x * ldy), -7.0f);
  for (int thread = 0; thread < kThreads; ++thread) {
    arenas.emplace_back(matrix.SliceBytesOf(thread), MemoryBinder());
    matrix.Pack(thread, raw.data(), arenas.back());
    Products products(KernelsFor(DetectIsa()), thread);
    products.Prepare(matrix, ldy);
    products.Run(matrix, 1, activations, 0, n_x, y.data() + matrix.RowsOf(thread).begin, ldy);
  }
  std::vector<float> w(static_cast<std::size_t>(cols));
  for (int r = 0; r < rows; ++r) {
    ReadRawRow(type, raw.data() + static_cast<std::size_t>(rows + r) * RawRowBytes(type, cols),
               cols, w.data());
    for (int m = 0; m < n_x; ++m) {
      double wanted = 0, magnitude = 0;
      for (int c = 0; c < cols; ++c) {
        const double term =
            double{w[static_cast<std::size_t>(c)]} * x[static_cast<std::size_t>(m * cols + c)];
        wanted += term;
        magnitude += std::abs(term);
      }
      ASSERT_NEAR(y[static_cast<std::size_t>(m * ldy + r)], wanted,
                  (cols * 0x1.0p-24 + rounding) * magnitude + 1e-30)
          << rows << "x" << cols << " n_x=" << n_x << " row " << m;
    }
  }
  EXPECT_EQ(y[static_cast<std::size_t>(rows)], -7.0f) << "wrote beyond its rows";
}

TEST(Products, AreTheSumsOfTheTermsForEveryTypeShapeAndBatch) {
  for (const WeightType type : {WeightType::kF32, WeightType::kF16, WeightType::kBF16}) {
    for (const int rows : {16, 40, 64, 96, 160}) {
      for (const int cols : {17, 128}) {
        for (const int n_x : {1, 3, 4, 7, 13, 64, 100}) ExpectRightProduct(type, rows, cols, n_x);
      }
    }
  }
}

TEST(Products, OfBf16PairsAreTheSumsOfTheRoundedTerms) {
  if (!IsaAvailable(IsaLevel::kAvx512Bf16)) GTEST_SKIP() << "this cpu has no fast BF16";
  for (const int rows : {16, 40, 64, 96, 160}) {
    for (const int cols : {18, 128}) {
      for (const int n_x : {1, 2, 3, 4, 7, 13, 64, 100}) {
        ExpectRightProduct(WeightType::kBF16Pairs, rows, cols, n_x);
      }
    }
  }
}

TEST(OneDnnMatMul, IsNeverTheReferenceCode) {
  if (!IsaAvailable(IsaLevel::kAvx512Vnni)) GTEST_SKIP() << "this cpu has no AVX-512";
  for (const WeightType type : {WeightType::kF32, WeightType::kF16, WeightType::kBF16}) {
    for (const int tile_rows : {16, 32, 48, 64}) {
      const OneDnnMatMul product({type, 3 * tile_rows, 128, tile_rows, 3 * tile_rows});
      EXPECT_TRUE(product.usable()) << tile_rows << ": " << product.implementation();
    }
  }
  if (!IsaAvailable(IsaLevel::kAvx512Bf16)) return;
  const OneDnnMatMul pairs({WeightType::kBF16Pairs, 192, 128, 64, 192});
  EXPECT_TRUE(pairs.usable()) << pairs.implementation();
}

}  // namespace
}  // namespace moebench
