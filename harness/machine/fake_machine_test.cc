// Machines that nobody has at hand: topology, state and plan as the tools would see them.
#include "harness/machine/testing/fake_machine.h"

#include <gmock/gmock.h>

#include <set>

#include "harness/base/clock.h"
#include "harness/machine/counters.h"
#include "harness/machine/doctor.h"
#include "harness/machine/placement_plan.h"

namespace moebench {
namespace {

using testing::HasSubstr;

struct Case {
  const char* name;
  FakeMachine machine;
  size_t packages, nodes, l3_groups, cores;
  int cpus;
  const char* nodes_per_socket;
};

class FakeMachines : public testing::TestWithParam<Case> {};

TEST_P(FakeMachines, TopologyAndStateAreRead) {
  const Case& c = GetParam();
  FakeTree tree(std::string("fake_machine_") + c.name);
  WriteFakeMachine(c.machine, &tree);
  const Topology topology = ReadFakeTopology(tree);
  EXPECT_EQ(topology.packages.size(), c.packages);
  EXPECT_EQ(topology.nodes.size(), c.nodes);
  EXPECT_EQ(topology.l3_groups.size(), c.l3_groups);
  EXPECT_EQ(topology.cores.size(), c.cores);
  EXPECT_EQ(topology.CpuCount(), c.cpus);

  const int64_t start_ns = NowNs();
  const MachineState state = ReadMachineState(tree.root(), topology);
  EXPECT_LT(static_cast<double>(NowNs() - start_ns) / 1e6, 200.0);
  EXPECT_EQ(state.Value("cpu.model"), c.machine.cpu_model);
  EXPECT_EQ(state.Value("topology.nodes_per_socket"), c.nodes_per_socket);
  for (const StateItem& item : state.items) {
    EXPECT_NE(item.value.empty(), item.unavailable.empty()) << item.name;
  }
  EXPECT_EQ(state.Find("cpu.governor")->unavailable.empty(),
            c.machine.frequency_control && c.machine.sys);
  // Whatever the machine: it can be planned for, looked after, and watched.
  EXPECT_EQ(PlanPlacement(topology, "interleave", 0).thread_cpus.size(), c.cores);
  for (const DoctorLine& line : DoctorLines(topology, state, "")) {
    EXPECT_FALSE(line.value.empty() || line.wanted.empty() || line.effect.empty()) << line.topic;
  }
  EXPECT_FALSE(DeltaJson(Delta(ReadCounters(tree.root(), 1, topology.allowed_cpus),
                               ReadCounters(tree.root(), 1, topology.allowed_cpus)))
                   .empty());
}

INSTANTIATE_TEST_SUITE_P(
    All, FakeMachines,
    testing::Values(Case{"EpycNps1", EpycNps1(), 2, 2, 24, 48, 96, "1 per package"},
                    Case{"EpycNps4", EpycNps4(), 2, 8, 24, 48, 96, "4 per package"},
                    Case{"EpycL3AsNuma", EpycL3AsNuma(), 2, 24, 24, 48, 96, "one node per L3"},
                    Case{"Intel", IntelTwoSockets(), 2, 2, 2, 28, 56, "1 per package"},
                    Case{"OneNodeVm", OneNodeVm(), 1, 1, 1, 4, 4, "1 per package"}),
    [](const auto& i) { return i.param.name; });

TEST(FakeMachine, AContainerWithoutSysIsAllReasonsAndStillPlanned) {
  FakeTree tree("fake_machine_container");
  WriteFakeMachine(ContainerWithoutSys(), &tree);
  const Topology topology = ReadTopology(Synthetic("pack:1 numa:1 core:4 pu:1"));
  const MachineState state = ReadMachineState(tree.root(), topology);
  EXPECT_EQ(state.Value("cpu.model"), "AMD EPYC");
  EXPECT_THAT(state.Find("cpu.governor")->unavailable, HasSubstr("/sys is not there"));
  EXPECT_THAT(state.Find("thp.enabled")->unavailable, HasSubstr("No such file"));
  EXPECT_THAT(state.Find("topology.l3")->unavailable, HasSubstr("no L3"));
}

TEST(FakeMachine, ModesOfOneMachineHaveDifferentFingerprints) {
  std::set<std::string> hashes;
  for (const FakeMachine& machine : {EpycNps1(), EpycNps4(), EpycL3AsNuma()}) {
    FakeTree tree("fake_machine_modes");
    WriteFakeMachine(machine, &tree);
    hashes.insert(FingerprintHash(ReadMachineState(tree.root(), ReadFakeTopology(tree))));
  }
  EXPECT_EQ(hashes.size(), 3u);
}

}  // namespace
}  // namespace moebench
