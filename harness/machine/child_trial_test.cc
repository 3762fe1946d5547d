#include "harness/machine/child_trial.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <stdexcept>

namespace moebench {
namespace {

TEST(ChildTrial, WhatReturnsOrThrowsEndsWell) {
  int here = 0;
  EXPECT_TRUE(EndsWellInAChild([&] { here = 1; }));
  EXPECT_EQ(here, 0);  // it was another process's
  EXPECT_TRUE(EndsWellInAChild([] { throw std::runtime_error("refused"); }));
}

TEST(ChildTrial, ACrashIsTheChildsAlone) {
  EXPECT_FALSE(EndsWellInAChild([] { raise(SIGKILL); }));
  EXPECT_FALSE(EndsWellInAChild([] {
    std::signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
  }));
}

TEST(ChildTrial, WhatNeverEndsIsStoppedByALimitOfCpuTime) {
  EXPECT_TRUE(EndsWellInAChild([] {
    rlimit limit{};
    getrlimit(RLIMIT_CPU, &limit);
    if (limit.rlim_max > 10) raise(SIGKILL);
  }));
  EXPECT_FALSE(EndsWellInAChild([] { raise(SIGXCPU); }));  // what the limit sends
}

}  // namespace
}  // namespace moebench
