// Products with every quantised type on every instruction set this cpu has, against sums in double
// of the dequantised weights.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "runners/native/kernels/arena.h"
#include "runners/native/kernels/dequantise.h"
#include "runners/native/kernels/kernel_table.h"
#include "runners/native/kernels/testing/random_weights.h"
#include "runners/native/kernels/tile_layout.h"

namespace moebench {
namespace {

struct Rows {  // x, quantised as one group
  Rows(const KernelTable& kernels, const std::vector<float>& x, int n, int cols)
      : arena(static_cast<std::size_t>(n * cols / 32) * sizeof(ActivationBlock), {}) {
    const int blocks = cols / 32;
    group = {arena.TakeArray<ActivationBlock>(static_cast<std::size_t>(n * blocks)).data(), n,
             blocks};
    for (int row = 0; row < n; ++row) {
      kernels.quantise(x.data() + std::ptrdiff_t{row} * cols, blocks, group.Row(row),
                       group.Stride(row));
    }
  }
  double Value(int row, int col) const {
    const ActivationBlock& block = group.Row(row)[col / 32 * group.Stride(row)];
    return double{block.d} * block.q[col % 32];
  }
  Arena arena;
  ActivationGroup group;
};

struct Product {
  std::vector<float> y;
  std::vector<double> wanted;     // sums of the quantised activations' terms
  std::vector<double> tolerance;  // what f32 may lose
  std::vector<double> unrounded;  // sums with x itself
  std::vector<double> rounding;   // what rounding x to s8 may change
};

class Quantised : public testing::TestWithParam<std::tuple<IsaLevel, WeightType>> {
 protected:
  void SetUp() override {
    if (!IsaAvailable(isa())) GTEST_SKIP() << "this cpu has no " << IsaName(isa());
  }
  IsaLevel isa() const { return std::get<0>(GetParam()); }
  WeightType type() const { return std::get<1>(GetParam()); }
  int block() const { return TraitsOf(type()).block_elements; }

  Product Multiply(IsaLevel level, int rows, int cols, int n_x) const {
    const KernelTable& kernels = KernelsFor(level);
    const std::vector<std::byte> raw = RandomWeights(type(), rows, cols, 7);
    const std::vector<float> x = RandomValues(static_cast<std::size_t>(n_x * cols), 8);
    const Rows quantised(kernels, x, n_x, cols);
    Arena arena(SliceBytes(type(), rows, cols), {});
    std::byte* tiles = arena.Take(SliceBytes(type(), rows, cols));
    PackSlice(type(), raw.data(), rows, cols, tiles);
    const std::size_t n_y = static_cast<std::size_t>(n_x * rows);
    Product product{std::vector<float>(n_y, -1e30f), std::vector<double>(n_y),
                    std::vector<double>(n_y), std::vector<double>(n_y), std::vector<double>(n_y)};
    kernels.matmul_quantised[static_cast<int>(type())](
        {tiles, rows, cols, kTileRows}, quantised.group.first, n_x, product.y.data(), rows);
    std::vector<float> w(static_cast<std::size_t>(cols));
    for (int r = 0; r < rows; ++r) {
      ReadRawRow(type(), raw.data() + static_cast<std::size_t>(r) * RawRowBytes(type(), cols), cols,
                 w.data());
      for (int m = 0; m < n_x; ++m) {
        const std::size_t at = static_cast<std::size_t>(m * rows + r);
        for (int first = 0; first < cols; first += 32) {
          double most = 0, sum = 0;
          for (int c = first; c < first + 32; ++c) {
            const double weight = w[static_cast<std::size_t>(c)], value = quantised.Value(m, c);
            const double exact = x[static_cast<std::size_t>(m * cols + c)];
            product.wanted[at] += weight * value;
            product.unrounded[at] += weight * exact;
            // Half a step, and what binary16 rounded the step itself by (2^-11 of 127 of them).
            const double step = quantised.group.Row(m)[c / 32 * quantised.group.Stride(m)].d;
            product.rounding[at] += std::abs(weight) * step * (0.5 + 127 * 0x1p-10);
            most = std::max(most, std::abs(weight));
            sum += std::abs(value);
          }
          // Scale, minimum, product and sum: fewer than 8 f32 roundings a block, each of at most
          // 4 times the largest weight (code and minimum can nearly cancel) times the sum of |x|.
          product.tolerance[at] += 8 * (cols / 32) * 0x1p-24 * 4 * most * sum;
        }
      }
    }
    return product;
  }
};

std::vector<WeightType> QuantisedTypes() {
  std::vector<WeightType> types;
  for (int i = 0; i < kWeightTypes; ++i) {
    if (IsQuantised(static_cast<WeightType>(i))) types.push_back(static_cast<WeightType>(i));
  }
  return types;
}

INSTANTIATE_TEST_SUITE_P(Isa, Quantised,
                         testing::Combine(testing::Values(IsaLevel::kScalar, IsaLevel::kAvx2,
                                                          IsaLevel::kAvx512Vnni),
                                          testing::ValuesIn(QuantisedTypes())),
                         [](const auto& param) {
                           return IsaName(std::get<0>(param.param)) + "_" +
                                  std::string(TraitsOf(std::get<1>(param.param)).name);
                         });

TEST_P(Quantised, TheProductIsTheSumOfTheDequantisedTerms) {
  for (const int rows : {1, 33}) {
    for (const int blocks : {1, 3}) {
      for (const int n_x : {1, 2, 3, 4, 5, 6, 7, 8, 11}) {
        const int cols = blocks * block();
        const Product product = Multiply(isa(), rows, cols, n_x);
        for (std::size_t i = 0; i < product.y.size(); ++i) {
          ASSERT_NEAR(product.y[i], product.wanted[i], product.tolerance[i])
              << rows << "x" << cols << " n_x=" << n_x << " at " << i;
          ASSERT_NEAR(product.y[i], product.unrounded[i],
                      product.rounding[i] + product.tolerance[i]);
        }
      }
    }
  }
}

TEST_P(Quantised, EveryInstructionSetGivesTheSameBits) {
  const Product mine = Multiply(isa(), 40, 3 * block(), 5);
  const Product scalar = Multiply(IsaLevel::kScalar, 40, 3 * block(), 5);
  EXPECT_EQ(std::memcmp(mine.y.data(), scalar.y.data(), mine.y.size() * sizeof(float)), 0);
}

TEST_P(Quantised, TheResultOfARowDoesNotDependOnHowManyThereAre) {
  const Product many = Multiply(isa(), 32, 2 * block(), 15);
  const Product one = Multiply(isa(), 32, 2 * block(), 1);
  EXPECT_EQ(std::memcmp(many.y.data(), one.y.data(), one.y.size() * sizeof(float)), 0);
}

TEST(PackedSize, IsTheFilesOrAFewPercentMore) {
  for (const WeightType type : QuantisedTypes()) {
    const double packed = static_cast<double>(SliceBytes(type, 16, 2048));
    const double raw = static_cast<double>(16 * RawRowBytes(type, 2048));
    EXPECT_GE(packed, raw) << TraitsOf(type).name;
    EXPECT_LE(packed, 1.03 * raw) << TraitsOf(type).name;
  }
}

class Quantising : public testing::TestWithParam<IsaLevel> {};
INSTANTIATE_TEST_SUITE_P(Isa, Quantising,
                         testing::Values(IsaLevel::kScalar, IsaLevel::kAvx2, IsaLevel::kAvx512Vnni),
                         [](const auto& isa) { return IsaName(isa.param); });

TEST_P(Quantising, RoundsAsLlamaCppDoes) {
  if (!IsaAvailable(GetParam())) GTEST_SKIP() << "this cpu has no " << IsaName(GetParam());
  std::vector<float> x(64, 0.0f);
  x[0] = -254.0f;
  x[1] = 3.0f;  // 1.5 steps: a tie, to the even 2
  x[2] = 5.0f;  // 2.5 steps: to the even 2
  x[20] = 127.0f;
  const Rows rows(KernelsFor(GetParam()), x, 1, 64);
  const ActivationBlock& block = rows.group.first[0];
  EXPECT_EQ(block.d, 2.0f);
  EXPECT_EQ(rows.group.first[1].d, 0.0f);
  EXPECT_EQ(block.q[0], -127);
  EXPECT_EQ(block.q[1], 2);
  EXPECT_EQ(block.q[2], 2);
  EXPECT_EQ(block.q[20], 64);  // 63.5
  EXPECT_EQ(block.minus_half[0], 127 - 4);
  EXPECT_EQ(block.minus_half[1], -64);
  EXPECT_EQ(block.minus_sum, 127 - 4 - 64);
  EXPECT_EQ(block.d_sum, -2.0f * (127 - 4 - 64));
  EXPECT_EQ(rows.group.first[1].q[8], 0);
}

}  // namespace
}  // namespace moebench
