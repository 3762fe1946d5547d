#include "harness/machine/best_rate.h"

#include <gtest/gtest.h>

namespace moebench {
namespace {

using Chunks = std::vector<TimedChunk>;

// n chunks of chunk_ns each, one after the other.
Chunks Steady(int64_t start_ns, int n, int64_t chunk_ns) {
  Chunks chunks;
  for (int i = 0; i < n; ++i)
    chunks.push_back({start_ns + i * chunk_ns, start_ns + (i + 1) * chunk_ns});
  return chunks;
}

TEST(BestRate, OfSteadyThreadsIsTheSumOfTheirRates) {
  EXPECT_NEAR(BestRate({Steady(0, 100, 10), Steady(0, 50, 20)}, 100, 200), 10 + 5, 1e-9);
}

TEST(BestRate, APauseSpoilsOnlyTheWindowsOverIt) {
  Chunks paused = Steady(0, 50, 10);
  paused.push_back({500, 5000});  // pre-empted in the middle of a chunk
  for (const TimedChunk& chunk : Steady(5000, 50, 10)) paused.push_back(chunk);
  EXPECT_NEAR(BestRate({paused, Steady(0, 550, 10)}, 100, 200), 20, 1e-9);
}

TEST(BestRate, ThreadsThatNeverRanTogetherAreNotAdded) {
  EXPECT_NEAR(BestRate({Steady(0, 50, 10), Steady(500, 50, 10)}, 100, 200), 10, 1e-9);
}

TEST(BestRate, ShorterThanAWindowCountsAsAWhole) {
  EXPECT_NEAR(BestRate({Steady(1'000'000, 2, 50)}, 100, 1000), 2, 1e-9);
}

TEST(BestRate, WithoutWorkThereIsNoRate) {
  EXPECT_EQ(BestRate({}, 100, 1000), 0);
  EXPECT_EQ(BestRate({{{5, 5}}}, 100, 1000), 0);
}

}  // namespace
}  // namespace moebench
