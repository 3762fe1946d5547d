#include "harness/stats/fairness.h"

#include <gtest/gtest.h>

#include <vector>

namespace moebench {
namespace {

TEST(Fairness, EqualRatesAreFairWhateverTheirSize) {
  const std::vector<double> rates = {3e200, 3e200, 3e200};
  EXPECT_DOUBLE_EQ(JainIndex(rates), 1);
  EXPECT_DOUBLE_EQ(MinOverMax(rates), 1);
}

TEST(Fairness, OneThatGetsEverythingIsOneOverN) {
  const std::vector<double> rates = {0, 12, 0, 0};
  EXPECT_DOUBLE_EQ(JainIndex(rates), 0.25);
  EXPECT_DOUBLE_EQ(MinOverMax(rates), 0);
}

TEST(Fairness, HalfTheRateForOneOfTwo) {
  const std::vector<double> rates = {10, 5};
  EXPECT_DOUBLE_EQ(JainIndex(rates), 0.9);  // 225 / (2 x 125)
  EXPECT_DOUBLE_EQ(MinOverMax(rates), 0.5);
}

TEST(Fairness, NothingAndZeroesAreNobodysLoss) {
  EXPECT_DOUBLE_EQ(JainIndex({}), 1);
  EXPECT_DOUBLE_EQ(MinOverMax({}), 1);
  const std::vector<double> none = {0, 0};
  EXPECT_DOUBLE_EQ(JainIndex(none), 1);
  EXPECT_DOUBLE_EQ(MinOverMax(none), 1);
}

}  // namespace
}  // namespace moebench
