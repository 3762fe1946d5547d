// Q8_0 products on every instruction set this cpu has, against sums in double.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "harness/base/rng.h"
#include "runners/native/kernels/arena.h"
#include "runners/native/kernels/half.h"
#include "runners/native/kernels/kernel_table.h"
#include "runners/native/kernels/tile_layout.h"

namespace moebench {
namespace {

class Q8 : public testing::TestWithParam<IsaLevel> {
 protected:
  void SetUp() override {
    if (!IsaAvailable(GetParam())) GTEST_SKIP() << "this cpu has no " << IsaName(GetParam());
  }
  const KernelTable& kernels() { return KernelsFor(GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(Isa, Q8,
                         testing::Values(IsaLevel::kScalar, IsaLevel::kAvx2, IsaLevel::kAvx512Vnni),
                         [](const auto& isa) { return IsaName(isa.param); });

std::vector<float> RandomValues(std::size_t n, uint64_t seed) {
  Rng rng(seed);
  std::vector<float> values(n);
  for (float& value : values) value = static_cast<float>(rng.Normal());
  return values;
}

// Random Q8_0 blocks with every weight, -128 among them.
std::vector<std::byte> RandomWeights(int rows, int cols, uint64_t seed) {
  Rng rng(seed);
  std::vector<std::byte> raw(static_cast<std::size_t>(rows) * RawRowBytes(WeightType::kQ8_0, cols));
  for (std::size_t at = 0; at < raw.size(); at += kQ8BlockBytes) {
    const uint16_t scale = F32ToF16(static_cast<float>(rng.Uniform() * 0.02));
    std::memcpy(&raw[at], &scale, sizeof scale);
    for (std::size_t i = 2; i < kQ8BlockBytes; ++i) raw[at + i] = std::byte(rng.Below(256));
  }
  return raw;
}

struct QuantisedRows {
  QuantisedRows(const KernelTable& kernels, const std::vector<float>& x, int rows, int cols)
      : q(x.size()), d(x.size() / 32), bias(x.size() / 32) {
    view = {q.data(), d.data(), bias.data(), cols};
    for (int row = 0; row < rows; ++row) {
      kernels.quantise_q8(x.data() + row * cols, 0, cols, row, view);
    }
  }
  std::vector<int8_t> q;
  std::vector<float> d;
  std::vector<int32_t> bias;
  Q8Rows view;
};

struct Product {
  std::vector<float> y;
  std::vector<double> wanted, magnitude;  // sums of terms and of their absolute values
};

Product Multiply(const KernelTable& kernels, int rows, int cols, int n_x) {
  const std::vector<std::byte> raw = RandomWeights(rows, cols, 7);
  const std::vector<float> x = RandomValues(static_cast<std::size_t>(n_x * cols), 8);
  const QuantisedRows quantised(kernels, x, n_x, cols);
  Arena arena(SliceBytes(WeightType::kQ8_0, rows, cols), {});
  std::byte* tiles = arena.Take(SliceBytes(WeightType::kQ8_0, rows, cols));
  PackSlice(WeightType::kQ8_0, raw.data(), rows, cols, tiles);
  Product product;
  const std::size_t n_y = static_cast<std::size_t>(n_x * rows);
  product.y.resize(n_y, -1e30f);
  product.wanted.resize(n_y);
  product.magnitude.resize(n_y);
  kernels.matmul_q8({tiles, rows, cols, kTileRows}, quantised.view, 0, n_x, product.y.data(), rows);
  std::vector<float> w(static_cast<std::size_t>(cols));
  for (int r = 0; r < rows; ++r) {
    ReadRawRow(WeightType::kQ8_0,
               raw.data() + static_cast<std::size_t>(r) * RawRowBytes(WeightType::kQ8_0, cols),
               cols, w.data());
    for (int m = 0; m < n_x; ++m) {
      for (int c = 0; c < cols; ++c) {
        const std::size_t at = static_cast<std::size_t>(m * cols + c);
        const double term =
            double{w[static_cast<std::size_t>(c)]} * quantised.q[at] * double{quantised.d[at / 32]};
        product.wanted[static_cast<std::size_t>(m * rows + r)] += term;
        product.magnitude[static_cast<std::size_t>(m * rows + r)] += std::abs(term);
      }
    }
  }
  return product;
}

TEST_P(Q8, TheProductIsTheSumOfTheDequantisedTerms) {
  for (const int rows : {1, 16, 33}) {
    for (const int cols : {32, 96, 256}) {
      for (const int n_x : {1, 2, 3, 4, 7, 9, 19}) {
        const Product product = Multiply(kernels(), rows, cols, n_x);
        for (std::size_t i = 0; i < product.y.size(); ++i) {
          // Integer sums are exact; a block adds three f32 roundings (scale, product, sum).
          const double tolerance = 3.0 * (cols / 32) * 0x1.0p-24 * product.magnitude[i] + 1e-30;
          ASSERT_NEAR(product.y[i], product.wanted[i], tolerance)
              << rows << "x" << cols << " n_x=" << n_x << " at " << i;
        }
      }
    }
  }
}

TEST_P(Q8, EveryInstructionSetGivesTheSameBits) {
  const Product mine = Multiply(kernels(), 40, 160, 5);
  const Product scalar = Multiply(KernelsFor(IsaLevel::kScalar), 40, 160, 5);
  EXPECT_EQ(std::memcmp(mine.y.data(), scalar.y.data(), mine.y.size() * sizeof(float)), 0);
}

TEST_P(Q8, TheResultOfARowDoesNotDependOnHowManyThereAre) {
  const Product many = Multiply(kernels(), 32, 64, 15);
  const Product one = Multiply(kernels(), 32, 64, 1);
  EXPECT_EQ(std::memcmp(many.y.data(), one.y.data(), one.y.size() * sizeof(float)), 0);
}

TEST_P(Q8, QuantisesAsLlamaCppDoes) {
  std::vector<float> x(64, 0.0f);
  x[0] = -254.0f;
  x[1] = 3.0f;  // 1.5 steps: a tie, to the even 2
  x[2] = 5.0f;  // 2.5 steps: to the even 2
  x[3] = 127.0f;
  const QuantisedRows rows(kernels(), x, 1, 64);
  EXPECT_EQ(rows.d[0], 2.0f);
  EXPECT_EQ(rows.d[1], 0.0f);
  EXPECT_EQ(rows.q[0], -127);
  EXPECT_EQ(rows.q[1], 2);
  EXPECT_EQ(rows.q[2], 2);
  EXPECT_EQ(rows.q[3], 64);  // 63.5
  EXPECT_EQ(rows.bias[0], -128 * (-127 + 2 + 2 + 64));
  EXPECT_EQ(rows.q[40], 0);
}

}  // namespace
}  // namespace moebench
