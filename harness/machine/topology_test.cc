#include "harness/machine/topology.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "harness/base/error.h"
#include "harness/base/files.h"
#include "harness/machine/test_machines.h"

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// What must be true of any machine, this one or a file.
void ExpectConsistent(const Topology& topology) {
  ASSERT_FALSE(topology.cores.empty());
  ASSERT_FALSE(topology.nodes.empty());
  std::set<int> cpus;
  for (const Core& core : topology.cores) {
    ASSERT_FALSE(core.cpus.empty());
    for (const int cpu : core.cpus) EXPECT_TRUE(cpus.insert(cpu).second) << "cpu " << cpu;
    const NumaNode* node = topology.FindNode(core.node);
    ASSERT_NE(node, nullptr);
    EXPECT_THAT(node->cpus, testing::Contains(core.cpus.front()));
    EXPECT_LT(core.l3, static_cast<int>(topology.l3_groups.size()));
    EXPECT_LT(core.package, static_cast<int>(topology.packages.size()));
  }
  for (const int cpu : topology.allowed_cpus) EXPECT_TRUE(cpus.contains(cpu)) << "cpu " << cpu;
  for (const int node : topology.allowed_nodes) EXPECT_NE(topology.FindNode(node), nullptr);
  EXPECT_EQ(static_cast<int>(cpus.size()), topology.CpuCount());
  if (!topology.distances.empty()) {
    EXPECT_EQ(topology.distances.size(), topology.nodes.size());
  }
}

TEST(Topology, ThisMachineIsConsistentAndUsable) {
  const Topology topology = ReadTopology(ThisMachine());
  ExpectConsistent(topology);
  EXPECT_FALSE(topology.allowed_cpus.empty());
  EXPECT_FALSE(topology.allowed_nodes.empty());
  EXPECT_GT(topology.MemoryBytes(), 0);
}

TEST(Topology, SyntheticShapeIsReadAsWritten) {
  const Topology topology = ReadTopology(Synthetic("pack:2 numa:4 l3:2 core:4 pu:2"));
  ExpectConsistent(topology);
  EXPECT_EQ(topology.packages.size(), 2u);
  EXPECT_EQ(topology.nodes.size(), 8u);
  EXPECT_EQ(topology.l3_groups.size(), 16u);
  EXPECT_EQ(topology.cores.size(), 64u);
  EXPECT_THAT(topology.cores[1].cpus, ElementsAre(2, 3));
  EXPECT_EQ(topology.nodes[7].package, 1);
  EXPECT_EQ(topology.allowed_cpus.size(), 128u);
}

TEST(Topology, WithoutCoresEachPuIsOne) {
  const Topology topology = ReadTopology(Synthetic("numa:2 pu:3"));
  ExpectConsistent(topology);
  EXPECT_EQ(topology.cores.size(), 6u);
  EXPECT_EQ(topology.cores[0].l3, -1);
}

TEST(Topology, SourcesThatAreNoTopologyAreRefused) {
  EXPECT_THROW(ReadTopology(Synthetic("pack:x")), Error);
  EXPECT_THROW(ReadTopology(XmlFile("absent.xml")), Error);
  EXPECT_THROW(ReadTopology(XmlFile(testing::TempDir())), Error);
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "v3.xml";
  WriteFileAtomically(path, "<topology version=\"3.0\"></topology>");
  EXPECT_THROW(ReadTopology(XmlFile(path)), Error);
  std::filesystem::remove(path);
}

TEST(Topology, RestrictedCpusetLeavesTheMachineAndNarrowsWhatIsAllowed) {
  const Topology all = ReadTopology(Synthetic("pack:2 numa:4 l3:2 core:4 pu:2"));
  const Topology some = Restrict(all, {7, 999, 4, 5, 6}, {77, 0});
  EXPECT_EQ(some.cores.size(), all.cores.size());
  EXPECT_THAT(some.allowed_cpus, ElementsAre(4, 5, 6, 7));
  EXPECT_THAT(some.allowed_nodes, ElementsAre(0));
}

struct Shape {
  const char* file;
  size_t packages, nodes, l3_groups, cores;
  int cpus;
};

class RealMachine : public testing::TestWithParam<Shape> {};

// Expected figures: the machines' descriptions in the files' projects (hwloc, mpibind, flux).
TEST_P(RealMachine, HasTheShapeItsFileDescribes) {
  const Shape& want = GetParam();
  const std::filesystem::path path = MachineFile(want.file);
  if (path.empty()) GTEST_SKIP() << "shared/data/hwloc/" << want.file << " is not here";
  const Topology topology = ReadTopology(XmlFile(path));
  ExpectConsistent(topology);
  EXPECT_EQ(topology.packages.size(), want.packages);
  EXPECT_EQ(topology.nodes.size(), want.nodes);
  EXPECT_EQ(topology.l3_groups.size(), want.l3_groups);
  EXPECT_EQ(topology.cores.size(), want.cores);
  EXPECT_EQ(topology.CpuCount(), want.cpus);
}

INSTANTIATE_TEST_SUITE_P(
    Files, RealMachine,
    testing::Values(Shape{"eas-tioga.xml", 1, 4, 8, 64, 128},       // EPYC 7A53, NPS4
                    Shape{"epyc-corona.xml", 2, 8, 16, 48, 96},     // 2 x EPYC 7401
                    Shape{"epyc-corona-p2.xml", 2, 2, 16, 48, 96},  // 2 x EPYC 7402, NPS1
                    Shape{"ipa20.xml", 2, 8, 2, 112, 224},          // 2 x Xeon 8480+, SNC4
                    Shape{"threadripper-2990wx-chimera.xml", 1, 4, 8, 32, 64},
                    Shape{"tuo.SPX.xml", 4, 4, 12, 96, 192}),  // 4 x MI300A
    [](const auto& machine) {
      std::string name = machine.param.file;
      std::replace_if(
          name.begin(), name.end(), [](char c) { return !isalnum(c); }, '_');
      return name;
    });

TEST(Topology, ThreadripperHasTwoNodesWithoutMemory) {
  const std::filesystem::path path = MachineFile("threadripper-2990wx-chimera.xml");
  if (path.empty()) GTEST_SKIP() << "shared/data/hwloc is not here";
  std::vector<int> with_memory;
  for (const NumaNode& node : ReadTopology(XmlFile(path)).nodes) {
    EXPECT_EQ(node.cpus.size(), 16u);
    if (node.has_memory) with_memory.push_back(node.os_id);
  }
  EXPECT_THAT(with_memory, ElementsAre(0, 2));
}

TEST(Topology, DistancesAreInTheOrderOfTheNodes) {
  const std::filesystem::path path = MachineFile("epyc-corona.xml");
  if (path.empty()) GTEST_SKIP() << "shared/data/hwloc is not here";
  const Topology topology = ReadTopology(XmlFile(path));
  ASSERT_EQ(topology.distances.size(), 8u);
  EXPECT_THAT(topology.distances[0], ElementsAre(10, 16, 16, 16, 32, 32, 32, 32));
  EXPECT_THAT(topology.distances[7], ElementsAre(32, 32, 32, 32, 16, 16, 16, 10));
}

}  // namespace
}  // namespace moebench
