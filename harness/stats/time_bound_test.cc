#include "harness/stats/time_bound.h"

#include <gmock/gmock.h>

#include <limits>

namespace moebench {
namespace {

using testing::HasSubstr;

TEST(TimeBound, NearlyAllOfTheProbeIsMemoryBound) {
  const TimeBound bound = WhatBounds({.read_share = 0.9, .wait_share = 0.05});
  EXPECT_EQ(bound.kind, BoundKind::kReading);
  EXPECT_EQ(bound.word, "memory-bound");
  EXPECT_NEAR(bound.compute, 0.05, 1e-12);
  EXPECT_EQ(bound.why,
            "reading at the probe's speed takes 90 % of the time, waiting at barriers 5 %, the "
            "rest 5 %");
}

TEST(TimeBound, WeightsInTheCacheAreNamedSo) {
  EXPECT_EQ(WhatBounds({.read_share = 0.7, .wait_share = 0.1, .source = "cache"}).word,
            "cache-bound");
}

TEST(TimeBound, WhatNeitherExplainsIsComputing) {
  EXPECT_EQ(WhatBounds({.read_share = 0.2, .wait_share = 0.1}).word, "compute-bound");
}

TEST(TimeBound, ThreadsThatWaitForOneAnotherAreSynchronisationBound) {
  EXPECT_EQ(WhatBounds({.read_share = 0.25, .wait_share = 0.5}).word, "synchronisation-bound");
}

TEST(TimeBound, CloseFiguresDecideNothing) {
  const TimeBound bound = WhatBounds({.read_share = 0.45, .wait_share = 0.14});
  EXPECT_EQ(bound.kind, BoundKind::kUnknown);
  EXPECT_EQ(bound.word, "can't tell");
  EXPECT_THAT(bound.why, HasSubstr("45 %"));
}

TEST(TimeBound, WithoutAProbeNothingIsSaid) {
  const TimeBound bound = WhatBounds({.wait_share = 0.9});
  EXPECT_EQ(bound.kind, BoundKind::kUnknown);
  EXPECT_EQ(bound.why, "no bandwidth was probed");
  EXPECT_EQ(bound.read + bound.compute + bound.wait, 0);
}

TEST(TimeBound, WithoutWaitsOnlyWhatNothingCanOutweighIsSaid) {
  EXPECT_EQ(WhatBounds({.read_share = 0.8}).word, "memory-bound");
  const TimeBound open = WhatBounds({.read_share = 0.5});
  EXPECT_EQ(open.kind, BoundKind::kUnknown);
  EXPECT_THAT(open.why, HasSubstr("was not measured"));
}

TEST(TimeBound, MoreThanTheProbeIsAllOfTheTimeThatIsNotWaited) {
  const TimeBound bound = WhatBounds({.read_share = 1.04, .wait_share = 0.2});
  EXPECT_EQ(bound.word, "memory-bound");
  EXPECT_DOUBLE_EQ(bound.read, 0.8);
  EXPECT_DOUBLE_EQ(bound.compute, 0);
}

TEST(TimeBound, NonsenseIsNotWeighed) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double share : {nan, -0.1, 1.5}) {
    EXPECT_EQ(WhatBounds({.read_share = 0.9, .wait_share = share}).kind, BoundKind::kUnknown);
  }
  EXPECT_EQ(WhatBounds({.read_share = nan, .wait_share = 0.1}).kind, BoundKind::kUnknown);
}

}  // namespace
}  // namespace moebench
