// The full count of misdeeds_test.cc.
#include <gtest/gtest.h>

#include "runners/worker/testing/misdeed_table.h"

namespace moebench {
namespace {

TEST(WorkerMisdeedsSlow, TwentyTimesEach) { RunMisdeeds(20); }

}  // namespace
}  // namespace moebench
