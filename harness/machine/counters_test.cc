#include "harness/machine/counters.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "harness/machine/cpu_times.h"
#include "harness/machine/fake_tree.h"

namespace moebench {
namespace {

using testing::HasSubstr;

// "pid (name) state" and fields 4..15 of /proc/<pid>/stat.
std::string StatLine(int64_t major_faults, int64_t user, int64_t system) {
  return "42 (a (b) c) S 1 1 1 0 -1 0 9 0 " + std::to_string(major_faults) + " 0 " +
         std::to_string(user) + ' ' + std::to_string(system) + " 0 0\n";
}

class Counters : public testing::Test {
 protected:
  FakeTree tree_{"counters_test"};

  // Two cpus of which the trial uses cpu 1; times in ticks of 10 ms.
  void Write(int64_t busy, int64_t steal, int64_t own, int64_t swapped_in, int64_t throttled) {
    tree_.Write("proc/stat", "cpu 1 1 1 1 1 1 1 1 0 0\ncpu0 999 0 0 0 0 0 0 999 0 0\ncpu1 " +
                                 std::to_string(busy) + " 0 0 100 5 0 0 " + std::to_string(steal) +
                                 " 0 0\nintr 1 2 3\n");
    tree_.Write("proc/42/stat", StatLine(0, own, 0));
    tree_.Write("proc/42/task/42/status", "nonvoluntary_ctxt_switches:\t3\n");
    tree_.Write("proc/42/task/43/status", "nonvoluntary_ctxt_switches:\t4\n");
    tree_.Write("proc/vmstat", "pswpin " + std::to_string(swapped_in) + "\npswpout 0\n");
    tree_.Write("proc/self/cgroup", "0::/\n");
    tree_.Write("sys/fs/cgroup/cpu.stat", "nr_throttled " + std::to_string(throttled) + "\n");
  }
  MachineCounters Read() { return ReadCounters(tree_.root(), 42, {1}); }
};

TEST_F(Counters, OfAQuietTrialGiveNoReason) {
  Write(100, 7, 50, 9, 1);
  const MachineCounters before = Read();
  Write(200, 7, 148, 9, 1);
  EXPECT_EQ(UnstableReason(Delta(before, Read()), 1.0, 1), "");
}

TEST_F(Counters, CountOnlyTheCpusOfTheTrialAndAllThreadsOfTheProcess) {
  Write(100, 7, 50, 9, 1);
  const MachineCounters counters = Read();
  EXPECT_EQ(counters.busy_ticks.value.value(), 100);
  EXPECT_EQ(counters.steal_ticks.value.value(), 7);
  EXPECT_EQ(counters.iowait_ticks.value.value(), 5);
  EXPECT_EQ(counters.nonvoluntary_switches.value.value(), 7);
}

TEST_F(Counters, StealSwapThrottlingAndForeignLoadAreNamed) {
  Write(100, 7, 50, 9, 1);
  const MachineCounters before = Read();
  Write(200, 12, 60, 10, 3);
  const std::string why = UnstableReason(Delta(before, Read()), 1.0, 1);
  EXPECT_THAT(why, HasSubstr("the hypervisor stole 5.0 %"));
  EXPECT_THAT(why, HasSubstr("other processes used 90.0 %"));
  EXPECT_THAT(why, HasSubstr("1 pages were swapped in"));
  EXPECT_THAT(why, HasSubstr("2 periods throttled"));
}

TEST_F(Counters, HeatAndASleepingMachineAreNamedAndEnergyIsCounted) {
  const auto write = [&](int throttled, int64_t energy_uj) {
    tree_.Write("sys/devices/system/cpu/cpu1/thermal_throttle/core_throttle_count",
                std::to_string(throttled) + "\n");
    for (const std::string zone : {"intel-rapl:0", "intel-rapl:1", "intel-rapl:1:0"}) {
      tree_.Write("sys/class/powercap/" + zone + "/name",
                  zone.size() > 12 ? "core\n" : "package-" + zone.substr(11) + "\n");
      tree_.Write("sys/class/powercap/" + zone + "/energy_uj", std::to_string(energy_uj) + "\n");
      tree_.Write("sys/class/powercap/" + zone + "/max_energy_range_uj", "65532610987\n");
    }
    tree_.Write("sys/devices/system/node/node0/numastat", "numa_hit 9\nnuma_miss 4\n");
  };
  Write(100, 7, 50, 9, 1);
  write(2, 1'000'000);
  const MachineCounters before = Read();
  write(5, 4'500'000);
  MachineCounters after = Read();
  after.clock_offset_ns = Known(*after.clock_offset_ns.value + 5'000'000'000);
  const std::string why = UnstableReason(Delta(before, after), 1.0, 1);
  EXPECT_THAT(why, HasSubstr("3 times a core was throttled"));
  EXPECT_THAT(why, HasSubstr("the wall clock jumped"));
  const auto json = nlohmann::json::parse(DeltaJson(Delta(before, after)));
  EXPECT_DOUBLE_EQ(json["energy_j"], 7.0) << "two packages, not their parts";
  EXPECT_EQ(json["numa_misses"], 0);
  EXPECT_TRUE(
      nlohmann::json::parse(DeltaJson(Delta(after, before)))["energy_j"].contains("unavailable"))
      << "a counter that began anew";
}

TEST_F(Counters, OneTickOfStealIsRounding) {
  Write(0, 0, 0, 0, 0);
  const MachineCounters before = Read();
  Write(10, 1, 10, 0, 0);
  EXPECT_EQ(UnstableReason(Delta(before, Read()), 0.1, 1), "");
}

TEST_F(Counters, MissingOnesAreUnavailableAndNeverZero) {
  FakeTree empty("counters_none");
  const MachineCounters counters = ReadCounters(empty.root(), 42, {});
  const MachineDelta delta = Delta(counters, counters);
  const auto json = nlohmann::json::parse(DeltaJson(delta));
  EXPECT_EQ(json.size(), 17u);
  for (const auto& [name, value] : json.items()) {
    if (name == "clock_offset_ns") continue;  // no file tells it
    EXPECT_TRUE(value.contains("unavailable") && !value["unavailable"].empty()) << name;
  }
  EXPECT_EQ(UnstableReason(delta, 1, 1), "");
}

TEST_F(Counters, JsonIsInSeconds) {
  Write(100, 7, 50, 9, 1);
  const MachineCounters before = Read();
  Write(200, 12, 60, 9, 1);
  const auto json = nlohmann::json::parse(DeltaJson(Delta(before, Read())));
  EXPECT_DOUBLE_EQ(json["steal_s"], 5.0 / static_cast<double>(TicksPerSecond()));
  EXPECT_EQ(json["throttled"], 0);
  EXPECT_TRUE(json["memory_errors"].contains("unavailable"));
}

TEST(CountersOfThisMachine, AreRead) {
  const MachineCounters counters = ReadCounters("/", getpid(), {});
  EXPECT_TRUE(counters.busy_ticks.value.has_value()) << counters.busy_ticks.unavailable;
  EXPECT_TRUE(counters.process_ticks.value.has_value()) << counters.process_ticks.unavailable;
}

TEST(CpuTimes, MalformedLinesAreLeftOut) {
  const auto times =
      ParseCpuTimes("cpu0 1 2 3\ncpu1 a 0 0 0 0 0 0 0\ncpu2 1 1 1 1 1 1 1 1\ncpux\n");
  EXPECT_EQ(times.size(), 1u);
  EXPECT_EQ(times.at(2).busy, 5);
  EXPECT_FALSE(SumOf(times, {0, 1}).has_value());
}

TEST(CpuTimes, ProcessNamesMayHoldAnything) {
  const auto times = ParseProcessStat(StatLine(5, 7, 8));
  ASSERT_TRUE(times.has_value());
  EXPECT_EQ(times->name, "a (b) c");
  EXPECT_EQ(times->ticks, 15);
  EXPECT_EQ(times->major_faults, 5);
  for (const char* text : {"", "1 (x", "1 (x) S 1", ")("}) {
    EXPECT_FALSE(ParseProcessStat(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace moebench
