// The full count of crash_test.cc: 300 random moments, every single call.
#include <gmock/gmock.h>

#include <cerrno>

#include "harness/base/error.h"
#include "harness/base/rng.h"
#include "harness/sweep/testing/crash_lab.h"

namespace moebench {
namespace {

// No loss in 300 kills bounds the rate of losses at 1 % with 95 % confidence.
TEST(SweepCrashSlow, ThreeHundredKills) {
  CrashLab lab(CrashFolder());
  constexpr uint64_t kSeed = 300;
  Rng rng(kSeed);
  for (int i = 0; i < 300 && !testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE("seed " + std::to_string(kSeed) + ", kill " + std::to_string(i));
    lab.Clear();
    const ChildEnd end = lab.Run({}, rng.Uniform() * lab.undisturbed_s());
    lab.ExpectNothingLost(end);
    lab.ExpectResumeCompletes();
  }
}

TEST(SweepCrashSlow, KillBeforeEveryCall) {
  CrashLab lab(CrashFolder());
  for (int64_t n = 1; n <= lab.undisturbed_calls() && !testing::Test::HasFailure(); ++n) {
    SCOPED_TRACE("call " + std::to_string(n));
    lab.Clear();
    const ChildEnd end = lab.Run({FaultKind::kKill, n, 0, ""});
    EXPECT_TRUE(end.killed());
    lab.ExpectNothingLost(end);
    lab.ExpectResumeCompletes();
  }
}

TEST(SweepCrashSlow, EveryCallFailsOnceAndForGood) {
  CrashLab lab(CrashFolder());
  const int errors[] = {ENOSPC, EIO, ENOMEM, EMFILE};
  for (const FaultKind kind : {FaultKind::kFailOnce, FaultKind::kFailOn}) {
    for (int64_t n = 1; n <= lab.undisturbed_calls() && !testing::Test::HasFailure(); ++n) {
      SCOPED_TRACE("call " + std::to_string(n));
      lab.Clear();
      const ChildEnd end = lab.Run({kind, n, errors[n % 4], ""});
      EXPECT_FALSE(end.killed());
      if (end.exit_code() != 0) {
        EXPECT_EQ(end.exit_code(), static_cast<int>(ExitCode::kIo)) << end.last_words;
      }
      lab.ExpectNothingLost(end);
      lab.ExpectResumeCompletes();
    }
  }
}

}  // namespace
}  // namespace moebench
