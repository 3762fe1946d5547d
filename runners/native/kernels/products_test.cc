// Products of one thread's slices, by whichever way they are computed.
#include "runners/native/kernels/products.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "harness/base/rng.h"
#include "runners/native/kernels/dequantise.h"
#include "runners/native/kernels/half.h"

namespace moebench {
namespace {

std::vector<std::byte> RandomWeights(WeightType type, int n) {
  Rng rng(3);
  std::vector<std::byte> raw(RawRowBytes(type, n));
  for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
    const float value = static_cast<float>(rng.Normal());
    const uint16_t half = type == WeightType::kF16 ? F32ToF16(value) : F32ToBf16(value);
    if (type == WeightType::kF32) {
      std::memcpy(&raw[i * 4], &value, 4);
    } else {
      std::memcpy(&raw[i * 2], &half, 2);
    }
  }
  return raw;
}

// Two matrices, of which the second is used, split over two threads.
void ExpectRightProduct(WeightType type, int rows, int cols, int n_x) {
  constexpr int kThreads = 2;
  const std::vector<std::byte> raw = RandomWeights(type, 2 * rows * cols);
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
                  cols * 0x1.0p-24 * magnitude + 1e-30)  // one f32 rounding a term
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

TEST(OneDnnMatMul, IsNeverTheReferenceCode) {
  if (!IsaAvailable(IsaLevel::kAvx512Vnni)) GTEST_SKIP() << "this cpu has no AVX-512";
  for (const WeightType type : {WeightType::kF32, WeightType::kF16, WeightType::kBF16}) {
    for (const int tile_rows : {16, 32, 48, 64}) {
      const OneDnnMatMul product({type, 3 * tile_rows, 128, tile_rows, 3 * tile_rows});
      EXPECT_TRUE(product.usable()) << tile_rows << ": " << product.implementation();
    }
  }
}

}  // namespace
}  // namespace moebench
