#include "runners/native/gguf/testing/quantise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "harness/base/hash.h"
#include "harness/base/rng.h"

namespace moebench {
namespace {

TEST(Quantise, EveryHalfSurvivesTheWayThroughFloat) {
  for (uint32_t half = 0; half < 0x10000; ++half) {
    const auto h = static_cast<uint16_t>(half);
    if ((h & 0x7c00) == 0x7c00 && (h & 0x3ff) != 0) {
      EXPECT_TRUE(std::isnan(FromHalf(h)));
    } else {
      ASSERT_EQ(ToHalf(FromHalf(h)), h);
    }
  }
}

// Between two neighbours the nearer one is taken, in the middle the even one.
TEST(Quantise, HalfRoundsToNearestEven) {
  for (uint16_t h = 0; h < 0x7bff; ++h) {
    const float low = FromHalf(h), high = FromHalf(static_cast<uint16_t>(h + 1));
    const float middle = (low + high) / 2;  // exact: one bit more than a half
    ASSERT_EQ(ToHalf(middle), h % 2 == 0 ? h : h + 1) << h;
    ASSERT_EQ(ToHalf(std::nextafter(middle, 0.0f)), h) << h;
    ASSERT_EQ(ToHalf(std::nextafter(middle, INFINITY)), h + 1) << h;
  }
  EXPECT_EQ(ToHalf(65519.996f), 0x7bff);
  EXPECT_EQ(ToHalf(65520.0f), 0x7c00);
  EXPECT_EQ(ToHalf(-std::numeric_limits<float>::max()), 0xfc00);
}

TEST(Quantise, Bfloat16RoundsToNearestEvenAndKeepsNan) {
  EXPECT_EQ(ToBfloat16(1.0f), 0x3f80);
  EXPECT_EQ(ToBfloat16(1.00390625f), 0x3f80);  // halfway, even below
  EXPECT_EQ(ToBfloat16(1.01171875f), 0x3f82);  // halfway, even above
  EXPECT_EQ(ToBfloat16(std::nextafter(1.00390625f, 2.0f)), 0x3f81);
  EXPECT_TRUE(std::isnan(FromBfloat16(ToBfloat16(std::nanf("")))));
}

TEST(Quantise, Q8_0BlockIsScaleAndRoundedQuotients) {
  std::vector<float> block(32, 0.0f);
  block[0] = 127.0f;
  block[1] = -127.0f;
  block[2] = 0.5f;  // half away from zero
  block[3] = -2.5f;
  const std::string bytes = Quantise(TensorType::kQ8_0, block);
  ASSERT_EQ(bytes.size(), 34u);
  EXPECT_EQ(bytes.substr(0, 2), std::string("\x00\x3c", 2));  // 1.0
  EXPECT_EQ(static_cast<int8_t>(bytes[2]), 127);
  EXPECT_EQ(static_cast<int8_t>(bytes[3]), -127);
  EXPECT_EQ(static_cast<int8_t>(bytes[4]), 1);
  EXPECT_EQ(static_cast<int8_t>(bytes[5]), -3);
}

TEST(Quantise, Q8_0OfZerosIsZeros) {
  EXPECT_EQ(Quantise(TensorType::kQ8_0, std::vector<float>(64, 0.0f)), std::string(68, '\0'));
}

// The same 2^20 values through ggml_quantize_chunk of ggml 0.27.0 (rows of 256) gave the same
// bytes; the digests are of those.
TEST(Quantise, GivesTheBytesOfGgml) {
  Rng rng(3);
  std::vector<float> values(1 << 20);
  for (size_t i = 0; i < values.size(); ++i) {
    const int exponent = static_cast<int>(i / 256 % 40) - 20;
    values[i] = static_cast<float>(std::ldexp(rng.Uniform() - 0.5, exponent));
  }
  EXPECT_EQ(Hex16(Fnv1a64(Quantise(TensorType::kF16, values))), "80aea09683842c1e");
  EXPECT_EQ(Hex16(Fnv1a64(Quantise(TensorType::kBF16, values))), "a9cf22a6e5c115b1");
  EXPECT_EQ(Hex16(Fnv1a64(Quantise(TensorType::kQ8_0, values))), "8b6b4e27be32ad80");
}

}  // namespace
}  // namespace moebench
