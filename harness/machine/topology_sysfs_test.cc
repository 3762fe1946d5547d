// A real machine as the kernel shows it: the tree of /sys of an EPYC, held against what lscpu said
// of the same machine.
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <map>

#include "harness/base/files.h"
#include "harness/machine/doctor_caches.h"
#include "harness/machine/proc_text.h"
#include "harness/machine/test_machines.h"
#include "harness/machine/topology.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

// What hwloc looks at of the tree; the rest is thousands of files.
constexpr const char* kUnpack =
    "tar -xzf '%s' -C '%s' --wildcards '*/proc/cpuinfo' '*/system/node/*' '*/cpu/online' "
    "'*/cpu/possible' '*/cpu/present' '*/cpu[0-9]*/topology/*' '*/cpu[0-9]*/cache/*' "
    "'*/cpu[0-9]*/online'";

class SysfsTree : public testing::Test {
 protected:
  void SetUp() override {
    const fs::path archive = MachineFile("utillinux-x86_64-epyc_7451-sysfs.tar.gz");
    if (archive.empty()) GTEST_SKIP() << "shared/data/hwloc is not here";
    fs::create_directories(folder_);
    char command[4096];
    std::snprintf(command, sizeof command, kUnpack, archive.c_str(), folder_.c_str());
    ASSERT_EQ(std::system(command), 0);
    // hwloc alone knows how to read a tree elsewhere; without the cpu's own word (CPUID).
    setenv("HWLOC_FSROOT", tree_.c_str(), 1);
    setenv("HWLOC_COMPONENTS", "linux,stop", 1);
  }
  void TearDown() override {
    unsetenv("HWLOC_FSROOT");
    unsetenv("HWLOC_COMPONENTS");
    fs::remove_all(folder_);
  }
  fs::path Cpu(int cpu) const {
    return tree_ / "sys/devices/system/cpu" / ("cpu" + std::to_string(cpu));
  }

  const fs::path folder_ = fs::path(testing::TempDir()) / ("sysfs" + std::to_string(getpid()));
  const fs::path tree_ = folder_ / "x86_64-epyc_7451";
};

// Both number the same things, each in its own way.
class SameThings {
 public:
  void Expect(int ours, int theirs) {
    EXPECT_EQ(theirs_.try_emplace(ours, theirs).first->second, theirs);
    EXPECT_EQ(ours_.try_emplace(theirs, ours).first->second, ours);
  }
  size_t count() const { return theirs_.size(); }

 private:
  std::map<int, int> theirs_, ours_;
};

TEST_F(SysfsTree, IsTheMachineThatLscpuSaw) {
  const Topology topology = ReadTopology(ThisMachine());
  std::map<int, size_t> core_of;
  for (size_t i = 0; i < topology.cores.size(); ++i) {
    for (const int cpu : topology.cores[i].cpus) core_of[cpu] = i;
  }
  SameThings cores, packages, l2, l3;
  const std::string expected =
      ReadFile(MachineFile("utillinux-lscpu-x86_64-epyc_7451.expected"), 1 << 20);
  size_t cpus = 0;
  for (const std::string_view line : SplitLines(expected)) {
    // CPU,Core,Socket,Node,,L1d,L1i,L2,L3
    int n[8];
    if (std::sscanf(std::string(line).c_str(), "%d,%d,%d,%d,,%d,%d,%d,%d", &n[0], &n[1], &n[2],
                    &n[3], &n[4], &n[5], &n[6], &n[7]) != 8) {
      if (cpus > 0) break;  // the second table numbers things as the firmware does
      continue;
    }
    ++cpus;
    ASSERT_TRUE(core_of.contains(n[0])) << line;
    const Core& core = topology.cores[core_of.at(n[0])];
    cores.Expect(static_cast<int>(core_of.at(n[0])), n[1]);
    packages.Expect(core.package, n[2]);
    EXPECT_EQ(core.node, n[3]);
    l2.Expect(core.l2, n[6]);
    l3.Expect(core.l3, n[7]);
  }
  EXPECT_EQ(cpus, 96u);
  EXPECT_EQ(core_of.size(), 96u);
  EXPECT_EQ(cores.count(), 48u);
  EXPECT_EQ(packages.count(), 2u);
  EXPECT_EQ(l3.count(), 16u);
  // lscpu: L1d 1.5 MiB (48 instances), L1i 3 MiB (48), L2 24 MiB (48), L3 128 MiB (16)
  EXPECT_EQ(topology.L3Bytes(), int64_t{128} << 20);
  for (const Core& core : topology.cores) {
    EXPECT_EQ(CoreCaches(topology, core), "L1d 32 KiB, L1i 64 KiB, L2 512 KiB");
  }
  EXPECT_THAT(expected, HasSubstr("NUMA node5 CPU(s):               " +
                                  FormatList(topology.FindNode(5)->cpus)));
}

TEST_F(SysfsTree, CpusThatAreOfflineAreNotThere) {
  // As the kernel shows it: the folder of a cpu stays, its topology and caches go, and its node
  // forgets it. One cpu of a core, and both of another.
  for (const int cpu : {5, 6, 54}) {
    fs::remove_all(Cpu(cpu) / "topology");
    fs::remove_all(Cpu(cpu) / "cache");
    WriteFileAtomically(Cpu(cpu) / "online", "0\n");
  }
  const fs::path nodes = tree_ / "sys/devices/system/node";
  WriteFileAtomically(nodes / "node0/cpumap", "00000000,003f0000,0000001f\n");
  WriteFileAtomically(nodes / "node1/cpumap", "00000000,0f800000,00000f80\n");
  const Topology topology = ReadTopology(ThisMachine());
  EXPECT_EQ(topology.cores.size(), 47u);
  EXPECT_EQ(topology.CpuCount(), 93);
  for (const int cpu : {5, 6, 54}) {
    EXPECT_THAT(topology.allowed_cpus, Not(Contains(cpu)));
    for (const NumaNode& node : topology.nodes) EXPECT_THAT(node.cpus, Not(Contains(cpu)));
  }
  EXPECT_THAT(topology.FindNode(0)->cpus, Contains(53));  // the sibling serves
}

}  // namespace
}  // namespace moebench
