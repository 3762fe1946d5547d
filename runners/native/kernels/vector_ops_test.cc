// Norm, SwiGLU, softmax, dot and axpy on every instruction set this cpu has.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "harness/base/rng.h"
#include "runners/native/kernels/kernel_table.h"

namespace moebench {
namespace {

class VectorOps : public testing::TestWithParam<IsaLevel> {
 protected:
  void SetUp() override {
    if (!IsaAvailable(GetParam())) GTEST_SKIP() << "this cpu has no " << IsaName(GetParam());
  }
  const KernelTable& kernels() { return KernelsFor(GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(Isa, VectorOps,
                         testing::Values(IsaLevel::kScalar, IsaLevel::kAvx2, IsaLevel::kAvx512Vnni),
                         [](const auto& isa) { return IsaName(isa.param); });

constexpr int kLengths[] = {1, 15, 16, 31, 32, 33, 100, 256};

std::vector<float> RandomValues(int n, uint64_t seed, double scale = 1) {
  Rng rng(seed);
  std::vector<float> values(static_cast<std::size_t>(n));
  for (float& value : values) value = static_cast<float>(scale * rng.Normal());
  return values;
}

TEST_P(VectorOps, Dot_IsTheSumOfProducts) {
  for (const int n : kLengths) {
    const std::vector<float> a = RandomValues(n, 1), b = RandomValues(n, 2);
    double wanted = 0, magnitude = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      wanted += double{a[i]} * b[i];
      magnitude += std::abs(double{a[i]} * b[i]);
    }
    EXPECT_NEAR(kernels().dot(a.data(), b.data(), n), wanted, n * 0x1.0p-24 * magnitude);
  }
}

TEST_P(VectorOps, DecayAdd_DecaysAndAddsTheScaledVector) {
  for (const int n : {1, 15, 16, 17, 128, 133}) {
    std::vector<float> x, y, wanted;
    for (int i = 0; i < n; ++i) {
      x.push_back(static_cast<float>(i % 7) - 3);
      y.push_back(static_cast<float>(i % 5) + 0.5f);
      wanted.push_back(0.75f * y.back() - 1.5f * x.back());  // exact in f32
    }
    kernels().decay_add(0.75f, -1.5f, x.data(), y.data(), n);
    EXPECT_EQ(y, wanted) << n;
  }
}

TEST_P(VectorOps, Axpy_AddsTheScaledVector) {
  for (const int n : kLengths) {
    const std::vector<float> x = RandomValues(n, 1), before = RandomValues(n, 2);
    std::vector<float> y = before;
    kernels().axpy(-1.5f, x.data(), y.data(), n);
    for (std::size_t i = 0; i < y.size(); ++i) {
      EXPECT_NEAR(y[i], before[i] - 1.5 * x[i], 1e-6 * (1 + std::abs(x[i]) + std::abs(before[i])));
    }
  }
}

TEST_P(VectorOps, RmsNorm_DividesByTheRootOfTheMeanSquare) {
  for (const int n : kLengths) {
    const std::vector<float> x = RandomValues(n, 1, 3), weight = RandomValues(n, 2);
    std::vector<float> y(x.size());
    kernels().rms_norm(x.data(), weight.data(), n, 1e-6f, y.data());
    double squares = 0;
    for (const float value : x) squares += double{value} * value;
    const double scale = 1 / std::sqrt(squares / n + 1e-6);
    for (std::size_t i = 0; i < y.size(); ++i) {
      // The sum of n squares carries n roundings, of which the root keeps half; then three more.
      const double wanted = x[i] * scale * weight[i];
      EXPECT_NEAR(y[i], wanted, (n / 2 + 4) * 0x1.0p-24 * std::abs(wanted) + 1e-30);
    }
  }
}

TEST_P(VectorOps, SwiGlu_MultipliesBySiluOfTheGate) {
  for (const int n : kLengths) {
    std::vector<float> gate = RandomValues(n, 1, 10);
    gate[0] = -200;  // e^200 is beyond f32: must become -0, not NaN
    const std::vector<float> before = gate, up = RandomValues(n, 2);
    kernels().swiglu(gate.data(), up.data(), n);
    for (std::size_t i = 0; i < gate.size(); ++i) {
      const double wanted = before[i] / (1 + std::exp(-double{before[i]})) * up[i];
      EXPECT_NEAR(gate[i], wanted, 8 * 0x1.0p-24 * std::abs(wanted) + 1e-30);
    }
  }
}

TEST_P(VectorOps, ClampedSwigluLimitsBothSides) {
  for (const int n : kLengths) {
    std::vector<float> gate = RandomValues(n, 1, 10);
    const std::vector<float> before = gate, up = RandomValues(n, 2, 10);
    kernels().swiglu_clamped(gate.data(), up.data(), n);
    for (std::size_t i = 0; i < gate.size(); ++i) {
      const double g = std::min(before[i], 7.0f), u = std::clamp(up[i], -7.0f, 7.0f);
      const double wanted = g / (1 + std::exp(-1.702 * g)) * (u + 1);
      EXPECT_NEAR(gate[i], wanted, 32 * 0x1.0p-24 * std::abs(wanted) + 1e-6);
    }
  }
}

TEST_P(VectorOps, Softmax_IsProportionalToTheExponential) {
  for (const int n : kLengths) {
    std::vector<float> x = RandomValues(n, 1, 5);
    x.back() += 1000;  // only differences matter
    for (float& value : x) value += n > 1 ? 0 : 3;
    const std::vector<float> before = x;
    kernels().softmax(x.data(), n);
    double sum = 0;
    for (const float value : before) sum += std::exp(double{value} - double{before.back()});
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double wanted = std::exp(double{before[i]} - double{before.back()}) / sum;
      // The exponent x - max is rounded once; below e^-87 the kernel stops at 1.6e-38.
      EXPECT_NEAR(x[i], wanted, (n + 8) * 0x1.0p-24 * wanted + 1e-37) << n << " " << i;
    }
  }
}

TEST_P(VectorOps, Softmax_IsExactToAFewUnitsOverTheWholeRange) {
  std::vector<float> x(2001);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = -static_cast<float>(i) * 0.04f;
  const std::vector<float> before = x;
  kernels().softmax(x.data(), static_cast<int>(x.size()));
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double wanted = std::exp(double{before[i]}) * double{x[0]};
    EXPECT_NEAR(x[i], wanted, 6 * 0x1.0p-24 * wanted) << before[i];
  }
}

TEST_P(VectorOps, NanIsNotLost) {
  std::vector<float> x(20, 1.0f), weight(20, 1.0f), y(20);
  x[3] = __builtin_nanf("");
  kernels().rms_norm(x.data(), weight.data(), 20, 1e-6f, y.data());
  EXPECT_TRUE(std::isnan(y[19]));
  kernels().softmax(x.data(), 20);
  EXPECT_TRUE(std::isnan(x[19]));
}

}  // namespace
}  // namespace moebench
