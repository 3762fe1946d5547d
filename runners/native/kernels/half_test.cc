#include "runners/native/kernels/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace moebench {
namespace {

TEST(Half, F16_RoundTripsEveryFiniteValue) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const uint16_t half = static_cast<uint16_t>(bits);
    const float value = F16ToF32(half);
    if (std::isnan(value)) continue;
    EXPECT_EQ(F32ToF16(value), half);
  }
}

TEST(Half, F16_RoundsToNearestEven) {
  EXPECT_EQ(F32ToF16(1.0f + 0x1.0p-11f), 0x3c00);            // a tie: to the even one below
  EXPECT_EQ(F32ToF16(1.0f + 3 * 0x1.0p-11f), 0x3c02);        // a tie: to the even one above
  EXPECT_EQ(F32ToF16(65519.0f), 0x7bff);                     // the largest
  EXPECT_EQ(F32ToF16(65520.0f), 0x7c00);                     // infinity
  EXPECT_EQ(F32ToF16(0x1.0p-25f), 0x0000);                   // half the smallest subnormal
  EXPECT_EQ(F32ToF16(std::nextafter(0x1.0p-25f, 1.0f)), 1);  // a little more
  EXPECT_TRUE(std::isnan(F16ToF32(F32ToF16(std::numeric_limits<float>::quiet_NaN()))));
}

TEST(Half, Bf16_RoundsToNearestEven) {
  EXPECT_EQ(F32ToBf16(1.0f), 0x3f80);
  EXPECT_EQ(F32ToBf16(1.0f + 0x1.0p-8f), 0x3f80);
  EXPECT_EQ(F32ToBf16(1.0f + 3 * 0x1.0p-8f), 0x3f82);
  EXPECT_EQ(Bf16ToF32(0xc040), -3.0f);
}

}  // namespace
}  // namespace moebench
