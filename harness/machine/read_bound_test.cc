#include "harness/machine/read_bound.h"

#include <gtest/gtest.h>

namespace moebench {
namespace {

TEST(ReadBound, IsMemorysForDataThatOutgrowTheCaches) {
  EXPECT_NEAR(ReadableGbps({30, 100, 1 << 20, int64_t{1} << 40}, 10), 30, 1e-4);
  EXPECT_DOUBLE_EQ(ReadableGbps({30, 100, 50, 100}, 10), 60) << "half of it lies in the caches";
}

TEST(ReadBound, IsTheCachesForDataThatFitThem) {
  EXPECT_DOUBLE_EQ(ReadableGbps({30, 100, 100, 100}, 10), 100);
  EXPECT_TRUE(FitsCaches({30, 100, 101, 100}, 10));
}

TEST(ReadBound, WithUnknownSizesWhatWasAchievedTells) {
  EXPECT_DOUBLE_EQ(ReadableGbps({30, 100, 0, 0}, 29), 30);
  EXPECT_DOUBLE_EQ(ReadableGbps({30, 100, 0, 0}, 31), 100);
  EXPECT_DOUBLE_EQ(ReadableGbps({0, 0, 0, 0}, 31), 0) << "nothing is known";
}

}  // namespace
}  // namespace moebench
