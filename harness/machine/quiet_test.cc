#include "harness/machine/quiet.h"

#include <gmock/gmock.h>

#include "harness/machine/fake_tree.h"

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Two cpus for one second: 200 ticks if a tick is 10 ms.
QuietSample Sample(int64_t busy, int64_t idle, int64_t steal, int64_t neighbour, int64_t own) {
  QuietSample sample;
  sample.cpus = CpuTimes{.busy = busy, .idle = idle, .iowait = 0, .steal = steal};
  sample.processes[10] = {.name = "neighbour", .ticks = neighbour, .major_faults = 0};
  sample.processes[20] = {.name = "moebench", .ticks = own, .major_faults = 0};
  sample.stalled_us = {{"memory", Known(0)}, {"io", Known(0)}};
  return sample;
}

TEST(Quiet, OurOwnWorkIsNoDisturbance) {
  const QuietReport report =
      JudgeQuiet(Sample(0, 0, 0, 0, 0), Sample(100, 100, 0, 1, 99), 1, 2, {20});
  EXPECT_TRUE(report.quiet());
  EXPECT_NEAR(report.foreign_share.value(), 0.005, 1e-9);
}

TEST(Quiet, NeighboursAreNamedBusiestFirst) {
  QuietSample after = Sample(190, 10, 0, 60, 0);
  after.processes[30] = {.name = "cc1plus", .ticks = 130, .major_faults = 0};
  const QuietReport report = JudgeQuiet(Sample(0, 0, 0, 0, 0), after, 1, 2, {20});
  ASSERT_EQ(report.reasons.size(), 1u);
  EXPECT_THAT(report.reasons[0], HasSubstr("other processes use 95.0 % of the cores"));
  ASSERT_EQ(report.busiest.size(), 2u);
  EXPECT_EQ(report.busiest[0].name, "cc1plus");
}

TEST(Quiet, StealAndStallsAreReasons) {
  QuietSample after = Sample(0, 190, 10, 0, 0);
  after.stalled_us["io"] = Known(200'000);
  const QuietReport report = JudgeQuiet(Sample(0, 0, 0, 0, 0), after, 1, 2, {20});
  EXPECT_THAT(report.reasons,
              ElementsAre(HasSubstr("hypervisor takes 5.0 %"), HasSubstr("waits for io 20.0 %")));
}

TEST(Quiet, WhatCantBeSeenIsSaidAndNoReason) {
  FakeTree empty("quiet_none");
  const QuietSample blind = TakeQuietSample(empty.root(), {});
  const QuietReport report = JudgeQuiet(blind, blind, 1, 2, {20});
  EXPECT_TRUE(report.quiet());
  EXPECT_FALSE(report.foreign_share.has_value());
  EXPECT_EQ(report.unavailable.size(), 3u);  // cpu times, memory and io pressure
}

TEST(Quiet, SampleReadsCpusProcessesAndPressure) {
  FakeTree tree("quiet_tree");
  tree.Write("proc/stat", "cpu0 1 0 0 5 0 0 0 2 0 0\ncpu1 100 0 0 0 0 0 0 0 0 0\n");
  tree.Write("proc/7/stat", "7 (make) S 1 1 1 0 -1 0 9 0 0 0 30 12 0 0\n");
  tree.Write("proc/pressure/io",
             "some avg10=1.00 avg60=0.00 avg300=0.00 total=77\nfull avg10=0 total=5\n");
  const QuietSample sample = TakeQuietSample(tree.root(), {0});
  EXPECT_EQ(sample.cpus.value().Total(), 8);
  EXPECT_EQ(sample.processes.at(7).ticks, 42);
  EXPECT_EQ(sample.stalled_us.at("io").value.value(), 77);
  EXPECT_FALSE(sample.stalled_us.at("memory").value.has_value());
}

TEST(Quiet, ThisMachineCanBeWatched) {
  const QuietReport report = WatchQuiet("/", {}, std::chrono::milliseconds(0));
  EXPECT_GE(report.window_s, 0);
}

}  // namespace
}  // namespace moebench
