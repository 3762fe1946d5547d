#include "harness/stats/ratio.h"

#include <gtest/gtest.h>

#include <cmath>

#include "harness/base/rng.h"
#include "harness/stats/verdict.h"

namespace moebench {
namespace {

TEST(PairedRatio, DriftWithinASessionCancels) {
  // Both slow down by 1 % per position; the cell is 1.2 times as fast throughout.
  const auto drift = [](int order) { return std::pow(0.99, order); };
  SessionTrials session;
  for (const int order : {0, 3, 6, 9}) session.baseline.push_back({order, 50 * drift(order)});
  for (const int order : {1, 5, 8}) session.cell.push_back({order, 60 * drift(order)});
  const SpeedRatio ratio = PairedRatio(std::vector<SessionTrials>{session, session});
  EXPECT_NEAR(ratio.ratio, 1.2, 1e-12);
  EXPECT_EQ(ratio.n, 6);
  EXPECT_EQ(ratio.sessions, 2);
  // No spread at all: only the resolution floor of 0.5 % remains.
  EXPECT_NEAR(std::log(ratio.hi / ratio.ratio), 1.96 * 0.005, 1e-6);
}

TEST(PairedRatio, UsesTheNearestBaselineTrialAtTheEdges) {
  const SessionTrials session{.baseline = {{1, 50}, {2, 100}}, .cell = {{0, 50}, {9, 100}}};
  EXPECT_NEAR(PairedRatio(std::vector<SessionTrials>{session}).ratio, 1, 1e-12);
}

TEST(PairedRatio, OneBaselineTrialSharedByAllIsNotTakenForMany) {
  // Three cell trials lean on the same baseline trial: the variance of their mean is
  // (1/3 + 1) sigma^2, four times what their spread alone says.
  const SessionTrials shared{.baseline = {{0, 100}}, .cell = {{1, 99}, {2, 100}, {3, 101}}};
  const SpeedRatio ratio = PairedRatio(std::vector<SessionTrials>{shared});
  const double sigma = 0.01;  // of logs of 99, 100, 101, to 1e-4
  const double t = 4.30265;
  const double half =
      std::sqrt(t * t * sigma * sigma * 4 / 3 + 1.96 * 1.96 * (0.02 * 0.02 + 0.005 * 0.005));
  EXPECT_NEAR(std::log(ratio.hi / ratio.ratio), half, 2e-4);
}

TEST(PairedRatio, DegenerateInputHasADefinedAnswer) {
  EXPECT_EQ(PairedRatio({}).n, 0);
  const SessionTrials no_baseline{.baseline = {}, .cell = {{0, 5}}};
  EXPECT_EQ(PairedRatio(std::vector<SessionTrials>{no_baseline}).n, 0);
  const SessionTrials zero{.baseline = {{0, 0}}, .cell = {{1, 5}}};
  EXPECT_EQ(PairedRatio(std::vector<SessionTrials>{zero}).n, 0);
  const SessionTrials one{.baseline = {{0, 10}}, .cell = {{1, 5}}};
  const SpeedRatio single = PairedRatio(std::vector<SessionTrials>{one});
  EXPECT_EQ(single.n, 1);
  EXPECT_NEAR(single.ratio, 0.5, 1e-12);
  EXPECT_EQ(single.min_detectable, 1);
}

TEST(UnpairedRatio, ComparesSessionsNotRepetitions) {
  const SpeedRatio ratio = UnpairedRatio({{100, 100.1, 99.9}, {103, 103.1, 102.9}},
                                         {{120, 120.1, 119.9}, {118, 118.1, 117.9}});
  EXPECT_FALSE(ratio.paired);
  EXPECT_NEAR(ratio.ratio, 119.0 / 101.5, 1e-3);
  EXPECT_LT(ratio.lo, 1.12);  // about one degree of freedom per side
  EXPECT_EQ(UnpairedRatio({}, {{1, 2}}).n, 0);
  EXPECT_EQ(UnpairedRatio({{1}}, {{2}}).min_detectable, 1);
}

// Nights of the schedule "B c c B" per round with everything that makes numbers lie: an offset and
// a drift of each session (shared, must cancel), an offset of this cell in this session (must be
// told from nothing), noise of each trial.
struct Night {
  int sessions = 2, rounds = 3;
  double truth = 1;           // true ratio
  double interaction = 0.01;  // SD of the cell's own offset per session
  double trial_noise = 0.01;  // SD per trial
};
SpeedRatio Simulate(const Night& night, Rng& rng) {
  std::vector<SessionTrials> sessions;
  for (int s = 0; s < night.sessions; ++s) {
    const double offset = 0.02 * rng.Normal();
    const double drift = 0.002 * rng.Normal();
    const double own = night.interaction * rng.Normal();
    const auto speed = [&](int order) {
      return std::exp(std::log(50) + offset + drift * order + night.trial_noise * rng.Normal());
    };
    SessionTrials& session = sessions.emplace_back();
    for (int r = 0; r < night.rounds; ++r) {
      session.baseline.push_back({4 * r, speed(4 * r)});
      session.cell.push_back(
          {4 * r + 1 + r % 2, night.truth * std::exp(own) * speed(4 * r + 1 + r % 2)});
      session.baseline.push_back({4 * r + 3, speed(4 * r + 3)});
    }
  }
  return PairedRatio(sessions);
}

struct Rates {
  double covered = 0, flagged = 0, improved = 0, inconclusive = 0;
};
Rates RunNights(const Night& night, int nights, uint64_t seed) {
  Rng rng(seed);
  Rates rates;
  for (int i = 0; i < nights; ++i) {
    const SpeedRatio ratio = Simulate(night, rng);
    const VerdictKind kind = SpeedVerdict(ratio).kind;
    const double one = 1.0 / nights;
    if (ratio.lo <= night.truth && night.truth <= ratio.hi) rates.covered += one;
    if (kind == VerdictKind::kFlagged) rates.flagged += one;
    if (kind == VerdictKind::kImproved) rates.improved += one;
    if (kind == VerdictKind::kInconclusive) rates.inconclusive += one;
  }
  return rates;
}

// Bounds: SE of the log ratio is sqrt(0.01^2/3 + 2 * 0.01^2/9) = 0.75 % for three sessions, 1.8 %
// for two noisy ones, so a true ratio of 1 lies more than 5.8 SE above the threshold (P < 1e-8),
// and -15 % lies 0.057 = 7.6 SE below it; the upper bound needs t(2) * SE < 0.16, 3.7 % (chi square
// with 2 degrees of freedom: P of a larger one < 1e-9). 95 % coverage over 1,000 nights has a
// binomial SD of 0.7 %; three of them, and 1 % for choosing the model by an F test.
TEST(PairedRatioSimulation, QuietMachineThreeSessions) {
  const Night night{.sessions = 3};
  const Rates same = RunNights(night, 1000, 11);
  EXPECT_EQ(same.flagged, 0);
  EXPECT_EQ(same.improved, 0);
  EXPECT_GE(same.covered, 0.92);
  EXPECT_LE(same.inconclusive, 0.05);
  Night slower = night;
  slower.truth = 0.85;
  EXPECT_GE(RunNights(slower, 500, 12).flagged, 0.99);
  slower.truth = 0.80;
  EXPECT_GE(RunNights(slower, 500, 13).flagged, 0.99);
}

// With two sessions one degree of freedom is left in a quarter of the nights (F test p <= 0.25) and
// t = 12.7: then the answer is "inconclusive", but never a false flag and never "ok" for -15 %.
TEST(PairedRatioSimulation, NoisyMachineTwoSessions) {
  const Night night{.sessions = 2, .interaction = 0.02, .trial_noise = 0.02};
  const Rates same = RunNights(night, 1000, 21);
  EXPECT_EQ(same.flagged, 0);
  EXPECT_EQ(same.improved, 0);
  // Pooling when F can't see the session effect costs coverage: the interval may be that of six
  // independent trials although the truth is two sessions.
  EXPECT_GE(same.covered, 0.88);
  Night slower = night;
  slower.truth = 0.85;
  const Rates caught = RunNights(slower, 500, 22);
  EXPECT_GE(caught.flagged + caught.inconclusive, 0.999);
  EXPECT_GE(caught.flagged, 0.5);
}

}  // namespace
}  // namespace moebench
