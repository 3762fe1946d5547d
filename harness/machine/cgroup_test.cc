#include "harness/machine/cgroup.h"

#include <gmock/gmock.h>

#include "harness/machine/fake_tree.h"

namespace moebench {
namespace {

using testing::HasSubstr;

TEST(Cgroup, TightestLimitOfAllLevelsCounts) {
  FakeTree tree("cgroup_v2");
  tree.Write("proc/self/cgroup", "0::/batch/job7\n");
  tree.Write("sys/fs/cgroup/batch/cpu.max", "150000 100000\n");
  tree.Write("sys/fs/cgroup/batch/cpu.stat", "usage_usec 5\nnr_throttled 3\n");
  tree.Write("sys/fs/cgroup/batch/memory.max", "8589934592\n");
  tree.Write("sys/fs/cgroup/batch/job7/cpu.max", "max 100000\n");
  tree.Write("sys/fs/cgroup/batch/job7/cpu.stat", "nr_throttled 4\n");
  tree.Write("sys/fs/cgroup/batch/job7/memory.max", "max\n");
  const CgroupState state = ReadCgroup(tree.root());
  EXPECT_DOUBLE_EQ(state.cpu_limit.value(), 1.5);
  EXPECT_EQ(state.memory_limit_bytes.value(), int64_t{8} << 30);
  EXPECT_EQ(state.throttled.value.value(), 7);
}

TEST(Cgroup, FirstVersionIsReadByController) {
  FakeTree tree("cgroup_v1");
  tree.Write("proc/self/cgroup", "5:memory:/docker/1f\n4:cpu,cpuacct:/docker/1f\n0::/\n");
  // A container sees its own group as the root of the mount.
  tree.Write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "400000\n");
  tree.Write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  tree.Write("sys/fs/cgroup/cpu/cpu.stat", "nr_periods 9\nnr_throttled 2\n");
  tree.Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  const CgroupState state = ReadCgroup(tree.root());
  EXPECT_DOUBLE_EQ(state.cpu_limit.value(), 4);
  EXPECT_FALSE(state.memory_limit_bytes.has_value());
  EXPECT_EQ(state.memory_unavailable, "");
  EXPECT_EQ(state.throttled.value.value(), 2);
}

TEST(Cgroup, NothingToReadIsUnavailableNotUnlimited) {
  FakeTree tree("cgroup_none");
  const CgroupState blind = ReadCgroup(tree.root());
  EXPECT_THAT(blind.cpu_unavailable, HasSubstr("No such file"));
  EXPECT_THAT(blind.throttled.unavailable, HasSubstr("No such file"));
  tree.Write("proc/self/cgroup", "0::/\nrubbish\n");
  EXPECT_THAT(ReadCgroup(tree.root()).memory_unavailable, HasSubstr("memory controller"));
}

}  // namespace
}  // namespace moebench
