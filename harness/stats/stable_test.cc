#include "harness/stats/stable.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace moebench {
namespace {

// "ss. s.s": sessions apart by a blank, 's' a stable trial.
bool Enough(const std::string& drawn) {
  std::vector<TrialSeen> trials;
  int64_t session = 1;
  for (const char c : drawn) {
    if (c == ' ') {
      ++session;
    } else {
      trials.push_back({session, c == 's'});
    }
  }
  return EnoughStable(trials);
}

TEST(EnoughStable, ThreeOutOfTwoProcesses) {
  EXPECT_TRUE(Enough("ss.. s... ...."));
  EXPECT_FALSE(Enough("s... s... ....")) << "two trials";
  EXPECT_FALSE(Enough("ssss .... ....")) << "one process: what a process alone does can't be seen";
  EXPECT_TRUE(Enough("sss sss"));
}

TEST(EnoughStable, NeverMoreThanThereIs) {
  EXPECT_TRUE(Enough("s"));
  EXPECT_TRUE(Enough("ss"));
  EXPECT_FALSE(Enough("s.")) << "both of two";
  EXPECT_TRUE(Enough("s s"));
  EXPECT_TRUE(Enough("sss.")) << "there was one process only";
}

TEST(EnoughStable, NothingIsNotEnough) {
  EXPECT_FALSE(Enough(""));
  EXPECT_FALSE(Enough(".... ...."));
}

}  // namespace
}  // namespace moebench
