#include "harness/stats/distributions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace moebench {
namespace {

TEST(IncompleteBeta, MatchesClosedForms) {
  // I_x(1, 1) = x; I_x(2, 3) is the polynomial 6x^2 - 8x^3 + 3x^4; I_x(1/2, 1/2) is the arcsine
  // law.
  for (const double x : {0.01, 0.3, 0.5, 0.77, 0.999}) {
    EXPECT_NEAR(IncompleteBeta(1, 1, x), x, 1e-13);
    EXPECT_NEAR(IncompleteBeta(2, 3, x), 6 * x * x - 8 * x * x * x + 3 * x * x * x * x, 1e-13);
    EXPECT_NEAR(IncompleteBeta(0.5, 0.5, x), 2 / std::numbers::pi * std::asin(std::sqrt(x)), 1e-13);
  }
  EXPECT_EQ(IncompleteBeta(2, 3, 0), 0);
  EXPECT_EQ(IncompleteBeta(2, 3, 1), 1);
}

// Tables as printed in every textbook, to all digits that are printed (e.g. NIST/SEMATECH 1.3.6.7).
TEST(StudentQuantile, MatchesTables) {
  EXPECT_NEAR(StudentQuantile(0.975, 1), std::tan(std::numbers::pi * 0.475), 1e-9);  // closed form
  EXPECT_NEAR(StudentQuantile(0.975, 2), 4.303, 5e-4);
  EXPECT_NEAR(StudentQuantile(0.975, 5), 2.571, 5e-4);
  EXPECT_NEAR(StudentQuantile(0.975, 10), 2.228, 5e-4);
  EXPECT_NEAR(StudentQuantile(0.975, 30), 2.042, 5e-4);
  EXPECT_NEAR(StudentQuantile(0.995, 9), 3.250, 5e-4);
  EXPECT_NEAR(StudentQuantile(0.025, 5), -StudentQuantile(0.975, 5), 1e-12);
  EXPECT_EQ(StudentQuantile(0.5, 7), 0);
  EXPECT_NEAR(StudentQuantile(0.975, 1e9), NormalQuantile(0.975), 1e-6);
}

TEST(StudentCdf, InvertsTheQuantile) {
  for (const double df : {1.0, 2.5, 17.0, 400.0}) {
    for (const double p : {0.001, 0.2, 0.8, 0.975}) {
      EXPECT_NEAR(StudentCdf(StudentQuantile(p, df), df), p, 1e-12) << df << ' ' << p;
    }
  }
}

TEST(NormalQuantile, MatchesTables) {
  EXPECT_NEAR(NormalQuantile(0.975), 1.959963984540054, 1e-12);
  EXPECT_NEAR(NormalQuantile(0.8), 0.8416212335729143, 1e-12);
  EXPECT_TRUE(std::isfinite(NormalQuantile(0)));
  EXPECT_TRUE(std::isfinite(NormalQuantile(1)));
}

TEST(FUpperTail, MatchesTables) {
  // Upper 5 % points (NIST/SEMATECH 1.3.6.7.3), printed to three digits.
  EXPECT_NEAR(FUpperTail(161.448, 1, 1), 0.05, 1e-5);
  EXPECT_NEAR(FUpperTail(4.103, 2, 10), 0.05, 1e-4);
  EXPECT_NEAR(FUpperTail(4.965, 1, 10), 0.05, 1e-4);
  EXPECT_EQ(FUpperTail(0, 1, 4), 1);
  EXPECT_EQ(FUpperTail(INFINITY, 1, 4), 0);
}

}  // namespace
}  // namespace moebench
