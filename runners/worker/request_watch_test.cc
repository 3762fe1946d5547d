// Limits of a request, on a clock of the test's own.
#include "runners/worker/request_watch.h"

#include <gtest/gtest.h>

namespace moebench {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kTenth = kSecond / 10;
constexpr int64_t kStart = 1'000'000 * kSecond;

RequestWatch Begun() { return RequestWatch({60, 10, 20}, kStart); }

// Looks every tenth of a second; the time it ends at.
int64_t LookUntil(RequestWatch& watch, int64_t now_ns, int64_t end_ns) {
  for (; now_ns < end_ns; now_ns += kTenth) watch.Look(now_ns);
  return end_ns;
}

TEST(RequestWatch, EachLimitIsItsOwn) {
  RequestWatch watch = Begun();
  EXPECT_EQ(watch.NextNs(), kStart + 10 * kSecond);
  int64_t now = LookUntil(watch, kStart, kStart + 9 * kSecond);
  EXPECT_FALSE(watch.Silent(now));
  watch.HeardLine(now);
  now = LookUntil(watch, now, kStart + 18 * kSecond);
  EXPECT_FALSE(watch.Silent(now)) << "a line was heard";
  now = LookUntil(watch, now, kStart + 20 * kSecond);
  EXPECT_TRUE(watch.Silent(now));
  EXPECT_TRUE(watch.Stalled(now)) << "a line without a step is no progress";
  EXPECT_FALSE(watch.Late(now));
}

TEST(RequestWatch, ProgressDoesNotMoveTheEndOfTheWholeRequest) {
  RequestWatch watch = Begun();
  int64_t now = kStart;
  for (int s = 1; s <= 60; ++s) {
    now = LookUntil(watch, now, kStart + s * kSecond);
    watch.HeardLine(now);
    watch.SawStep(now);
  }
  EXPECT_FALSE(watch.Silent(now));
  EXPECT_FALSE(watch.Stalled(now));
  EXPECT_TRUE(watch.Late(now));
}

// Ctrl-Z for five minutes, or a virtual machine that was moved.
TEST(RequestWatch, TimeInWhichNobodyLookedIsNotHeldAgainstTheChild) {
  RequestWatch watch = Begun();
  int64_t now = LookUntil(watch, kStart, kStart + 5 * kSecond);
  now += 300 * kSecond;
  watch.Look(now);
  EXPECT_FALSE(watch.Silent(now));
  EXPECT_FALSE(watch.Stalled(now));
  EXPECT_FALSE(watch.Late(now));
  now = LookUntil(watch, now, now + 6 * kSecond);
  EXPECT_TRUE(watch.Silent(now)) << "but the time that was looked at still counts";
}

TEST(RequestWatch, AShortGapIsTimeLikeAnyOther) {
  RequestWatch watch = Begun();
  int64_t now = kStart;
  while (!watch.Silent(now)) {
    now += kSecond;  // a busy machine: one look a second
    watch.Look(now);
  }
  EXPECT_EQ(now, kStart + 10 * kSecond);
}

TEST(RequestWatch, WhatIsNotWatchedNeverComes) {
  RequestWatch watch({60, 0, 0}, kStart);
  watch.HeardLine(kStart);
  watch.Look(kStart + 50 * kSecond);
  EXPECT_FALSE(watch.Silent(kStart + 10'000 * kSecond));
  EXPECT_FALSE(watch.Stalled(kStart + 10'000 * kSecond));
}

}  // namespace
}  // namespace moebench
