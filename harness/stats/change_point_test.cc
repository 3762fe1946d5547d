#include "harness/stats/change_point.h"

#include <gmock/gmock.h>

#include <cmath>

#include "harness/base/rng.h"

namespace moebench {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

std::vector<double> Noise(size_t nights, double sd, uint64_t seed) {
  Rng rng(seed);
  std::vector<double> levels;
  for (size_t i = 0; i < nights; ++i) levels.push_back(4 + sd * rng.Normal());
  return levels;
}

TEST(ChangePoints, FindsAStepWhereItIs) {
  std::vector<double> levels = Noise(40, 0.01, 1);
  for (size_t i = 25; i < levels.size(); ++i) levels[i] += std::log(0.94);
  const std::vector<ChangePoint> changes = ChangePoints(levels);
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_EQ(changes[0].at, 25u);
  EXPECT_NEAR(changes[0].ratio, 0.94, 0.01);
  EXPECT_LE(changes[0].p, 0.001);
}

// A loss of 0.5 % a night is below every threshold of a night, and 15 % after a month.
TEST(ChangePoints, FindsALossThatCreeps) {
  std::vector<double> levels = Noise(30, 0.01, 2);
  for (size_t i = 0; i < levels.size(); ++i) levels[i] -= 0.005 * static_cast<double>(i);
  const std::vector<ChangePoint> changes = ChangePoints(levels);
  ASSERT_FALSE(changes.empty());
  for (const ChangePoint& change : changes) EXPECT_LT(change.ratio, 0.98);
}

TEST(ChangePoints, FindsUpAndDown) {
  std::vector<double> levels = Noise(45, 0.01, 3);
  for (size_t i = 15; i < 30; ++i) levels[i] += 0.1;
  EXPECT_THAT(ChangePoints(levels), SizeIs(2));
}

TEST(ChangePoints, ASmallOrShortChangeIsNone) {
  std::vector<double> small = Noise(60, 0.005, 4);
  for (size_t i = 30; i < small.size(); ++i) small[i] -= 0.02;
  EXPECT_THAT(ChangePoints(small), IsEmpty());
  EXPECT_THAT(ChangePoints(std::vector<double>{4, 4, 3, 3, 3}), IsEmpty());
  EXPECT_THAT(ChangePoints({}), IsEmpty());
}

TEST(ChangePoints, EqualNightsAreNotNaN) {
  EXPECT_THAT(ChangePoints(std::vector<double>(20, 4.0)), IsEmpty());
}

// 2000 quiet series of 60 nights. The split is chosen to look worst, so the p of the t-test is not
// the rate of false alarms; the minimum change of 3 % is what keeps that low.
TEST(ChangePoints, QuietSeriesRarelyChange) {
  int alarms = 0;
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    alarms += ChangePoints(Noise(60, 0.02, 100 + seed)).empty() ? 0 : 1;
  }
  EXPECT_LE(alarms, 40) << "seeds 100 to 2099, noise 2 %";
}

}  // namespace
}  // namespace moebench
