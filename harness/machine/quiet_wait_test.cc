#include "harness/machine/quiet_wait.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>

namespace moebench {
namespace {

// Looks of 2 s each; '.' is quiet, 'x' is not; the last one goes on for ever.
struct Night {
  std::string looks;
  double clock_s = 1000;
  size_t taken = 0;
  size_t cancel_after = SIZE_MAX;

  QuietGate Gate() {
    return {.look =
                [this] {
                  QuietReport report;
                  if (looks[std::min(taken, looks.size() - 1)] == 'x') {
                    report.reasons = {"other processes use 50 %"};
                  }
                  ++taken;
                  clock_s += 2;
                  return report;
                },
            .now_s = [this] { return clock_s; },
            .cancelled = [this] { return taken >= cancel_after; }};
  }
};

TEST(QuietWait, AQuietMachineIsQuietAfterTheStretch) {
  Night night{"."};
  const QuietWait wait = WaitForQuiet({.patience_s = 60, .quiet_for_s = 10}, night.Gate());
  EXPECT_TRUE(wait.quiet);
  EXPECT_EQ(wait.waited_s, 10);
}

TEST(QuietWait, ADisturbanceBeginsTheStretchAnew) {
  Night night{"....x."};
  const QuietWait wait = WaitForQuiet({.patience_s = 60, .quiet_for_s = 10}, night.Gate());
  EXPECT_TRUE(wait.quiet);
  EXPECT_EQ(wait.waited_s, 20);
  EXPECT_EQ(wait.last.reasons.size(), 1u) << "what disturbed is told";
}

TEST(QuietWait, PatienceEnds) {
  Night night{"x"};
  const QuietWait wait = WaitForQuiet({.patience_s = 60, .quiet_for_s = 10}, night.Gate());
  EXPECT_FALSE(wait.quiet);
  EXPECT_EQ(wait.waited_s, 60);
  EXPECT_FALSE(wait.last.quiet());
}

TEST(QuietWait, AStretchThatHasBegunMayEnd) {
  Night night{"xxxxx."};
  EXPECT_TRUE(WaitForQuiet({.patience_s = 12, .quiet_for_s = 10}, night.Gate()).quiet);
}

TEST(QuietWait, NoPatienceLooksOnce) {
  Night night{"x"};
  EXPECT_FALSE(WaitForQuiet({.patience_s = 0, .quiet_for_s = 0}, night.Gate()).quiet);
  EXPECT_EQ(night.taken, 1u);
  Night quiet{"."};
  EXPECT_TRUE(WaitForQuiet({.patience_s = 0, .quiet_for_s = 0}, quiet.Gate()).quiet);
}

TEST(QuietWait, ASignalEndsIt) {
  Night night{"."};
  night.cancel_after = 3;
  const QuietWait wait = WaitForQuiet({.patience_s = 60, .quiet_for_s = 100}, night.Gate());
  EXPECT_FALSE(wait.quiet);
  EXPECT_EQ(night.taken, 3u);
}

}  // namespace
}  // namespace moebench
