#include "harness/stats/nights.h"

#include <gmock/gmock.h>

#include <cmath>

#include "harness/base/rng.h"

namespace moebench {
namespace {

using testing::SizeIs;

std::vector<Night> Nights(std::initializer_list<double> levels) {
  std::vector<Night> nights;
  for (const double level : levels) nights.push_back({level, 0.01, 5});
  return nights;
}

std::vector<Night> NoisyNights(int count, double sd, uint64_t seed) {
  Rng rng(seed);
  std::vector<Night> nights;
  for (int i = 0; i < count; ++i) nights.push_back({4 + sd * rng.Normal(), 0.01, 5});
  return nights;
}

PastNight Past(double level) {
  return {"machine", "cell", "suite", "1.0", false, {level, 0.01, 5}};
}

TEST(NightOf, IsTheMedianAndSpreadOfTheProcesses) {
  const Night night = NightOf(std::vector<double>{1, 2, 6});
  EXPECT_EQ(night.level, 2);
  EXPECT_NEAR(night.process_sd, std::sqrt(7.0), 1e-12);
  EXPECT_EQ(night.processes, 3);
  EXPECT_EQ(NightOf({}).processes, 0);
  EXPECT_EQ(NightOf(std::vector<double>{3}).process_sd, 0);
}

TEST(ComparableNights, AreOfTheSameMachineCellAndWorkload) {
  std::vector<PastNight> past(5, Past(1));
  past[0].machine = "other";
  past[1].cell = "other";
  past[2].workload = "other";
  past[3].night.processes = 0;
  EXPECT_THAT(ComparableNights(past, Past(1), VersionPolicy::kAny), SizeIs(1));
}

TEST(ComparableNights, VersionsDecideIfThePolicySaysSo) {
  std::vector<PastNight> past(3, Past(1));
  past[0].version = "0.9";
  EXPECT_THAT(ComparableNights(past, Past(1), VersionPolicy::kAny), SizeIs(3));
  EXPECT_THAT(ComparableNights(past, Past(1), VersionPolicy::kSame), SizeIs(2));
}

TEST(ComparableNights, BeginAtTheLastAcceptedChange) {
  std::vector<PastNight> past = {Past(1), Past(2), Past(3), Past(4)};
  past[1].accepted_change = past[2].accepted_change = true;
  const std::vector<Night> nights = ComparableNights(past, Past(4), VersionPolicy::kAny);
  ASSERT_THAT(nights, SizeIs(2));
  EXPECT_EQ(nights[0].level, 3);
}

TEST(NoiseOf, IsAssumedUntilThereAreEightNights) {
  const NoiseFloor noise = NoiseOf(NoisyNights(7, 0.001, 1));
  EXPECT_EQ(noise.night_sd, 0.03);
  EXPECT_EQ(noise.df, 0);
  EXPECT_EQ(noise.nights, 7);
  EXPECT_GT(NoiseOf(NoisyNights(8, 0.001, 1)).df, 0);
  EXPECT_EQ(NoiseOf({}).night_sd, 0.03);
}

// The forecast is a median of seven: its error adds pi/2 / 7 of the variance.
TEST(NoiseOf, MeasuresTheErrorOfTheForecast) {
  double sum = 0;
  constexpr int kSeries = 400;
  for (uint64_t seed = 0; seed < kSeries; ++seed) {
    sum += NoiseOf(NoisyNights(30, 0.02, 1000 + seed)).night_sd / kSeries;
  }
  EXPECT_NEAR(sum, 0.02 * std::sqrt(1 + 1.5708 / 7), 0.002) << "seeds 1000 to 1399";
}

TEST(NoiseOf, AFifthOfTheNightsMayBeOutliers) {
  std::vector<Night> nights = NoisyNights(30, 0.01, 5);
  for (const size_t bad : {6u, 12u, 18u, 24u}) nights[bad].level -= 1;
  EXPECT_LT(NoiseOf(nights).night_sd, 0.03);
}

TEST(NoiseOf, HasAFloorBecauseNothingIsExact) {
  EXPECT_EQ(NoiseOf(Nights({4, 4, 4, 4, 4, 4, 4, 4, 4})).night_sd, 0.005);
}

TEST(ShiftOf, ComparesWithTheMedianOfTheLastSevenNights) {
  const std::vector<Night> history = Nights({9, 9, 9, 4, 4.01, 4.02, 3.98, 4, 3.99, 9});
  const NightShift shift = ShiftOf(history, {4 + std::log(0.85), 0.01, 5});
  EXPECT_NEAR(shift.ratio, 0.85, 1e-9);
  EXPECT_EQ(shift.nights, 7);
}

TEST(ShiftOf, ANoisyNightIsBelievedLess) {
  const std::vector<Night> history = NoisyNights(30, 0.01, 7);
  const double quiet = ShiftOf(history, {4, 0.01, 5}).se;
  const double noisy = ShiftOf(history, {4, 0.20, 5}).se;
  EXPECT_LT(quiet, 0.02);
  EXPECT_NEAR(noisy, 1.2533 * 0.20 / std::sqrt(5.0), 1e-3);
}

TEST(ShiftOf, WithoutHistorySaysNothing) {
  const NightShift shift = ShiftOf({}, {4, 0.01, 5});
  EXPECT_EQ(shift.nights, 0);
  EXPECT_EQ(shift.ratio, 1);
  EXPECT_EQ(ShiftOf(Nights({4}), {}).nights, 0);
}

TEST(ShiftOf, OneNightIsNotMuch) {
  const NightShift shift = ShiftOf(Nights({4}), {4, 0.01, 5});
  EXPECT_NEAR(shift.se, 0.03 * std::sqrt(2.0), 1e-12);
  EXPECT_EQ(shift.df, 0);
  EXPECT_NEAR(shift.min_detectable, 1 - std::exp(-(1.96 + 0.8416) * shift.se), 1e-4);
}

}  // namespace
}  // namespace moebench
