// Each scripted misbehaviour is named rightly every time, and the next worker works.
#include <gtest/gtest.h>

#include "runners/worker/testing/misdeed_table.h"

namespace moebench {
namespace {

TEST(WorkerMisdeeds, ThreeTimesEach) { RunMisdeeds(3); }

}  // namespace
}  // namespace moebench
