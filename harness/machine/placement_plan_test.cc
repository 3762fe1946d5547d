#include "harness/machine/placement_plan.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "harness/base/error.h"
#include "harness/machine/instance_plan.h"
#include "harness/machine/test_machines.h"

namespace moebench {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

// 2 sockets of 4 nodes of 2 L3 groups of 4 cores with SMT: a small EPYC in NPS4.
Topology SmallEpyc() { return ReadTopology(Synthetic("pack:2 numa:4 l3:2 core:4 pu:2")); }

const Core& CoreOf(const Topology& topology, int cpu) {
  return *std::find_if(topology.cores.begin(), topology.cores.end(), [&](const Core& core) {
    return std::find(core.cpus.begin(), core.cpus.end(), cpu) != core.cpus.end();
  });
}

std::map<int, int> ThreadsPerNode(const Topology& topology, const PlacementPlan& plan) {
  std::map<int, int> count;
  for (const int cpu : plan.thread_cpus) ++count[CoreOf(topology, cpu).node];
  return count;
}

std::string Refusal(const Topology& topology, const std::string& policy, int threads) {
  try {
    PlanPlacement(topology, policy, threads);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

std::vector<int> UpTo(int n) {
  std::vector<int> numbers(static_cast<size_t>(n));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

TEST(PlanPlacement, NoNumberOfThreadsMeansOnePerCore) {
  const Topology topology = SmallEpyc();
  const PlacementPlan plan = PlanPlacement(topology, "interleave", 0);
  EXPECT_EQ(plan.thread_cpus.size(), 64u);
  for (const int cpu : plan.thread_cpus) EXPECT_EQ(CoreOf(topology, cpu).cpus.front(), cpu);
  EXPECT_EQ(plan.memory_nodes, UpTo(8));
}

TEST(PlanPlacement, InterleaveSpreadsThreadsOverNodesAndTheirCaches) {
  const Topology topology = SmallEpyc();
  const PlacementPlan plan = PlanPlacement(topology, "interleave", 16);
  for (const auto& [node, threads] : ThreadsPerNode(topology, plan)) EXPECT_EQ(threads, 2);
  std::set<int> caches;
  for (const int cpu : plan.thread_cpus) caches.insert(CoreOf(topology, cpu).l3);
  EXPECT_EQ(caches.size(), 16u);
}

TEST(PlanPlacement, ThreadsAreListedNodeByNode) {
  const Topology topology = SmallEpyc();
  int last = 0;
  for (const int cpu : PlanPlacement(topology, "interleave", 20).thread_cpus) {
    EXPECT_GE(CoreOf(topology, cpu).node, last);
    last = CoreOf(topology, cpu).node;
  }
}

TEST(PlanPlacement, FewerThreadsThanNodesGoToDifferentNodes) {
  const Topology topology = SmallEpyc();
  EXPECT_EQ(ThreadsPerNode(topology, PlanPlacement(topology, "interleave", 3)).size(), 3u);
}

TEST(PlanPlacement, LocalStaysOnOneNode) {
  const Topology topology = SmallEpyc();
  const PlacementPlan plan = PlanPlacement(topology, "local", 4);
  EXPECT_THAT(ThreadsPerNode(topology, plan), ElementsAre(testing::Pair(0, 4)));
  EXPECT_THAT(plan.memory_nodes, ElementsAre(0));
  EXPECT_EQ(PlanPlacement(topology, "local", 0).thread_cpus.size(), 8u);
}

TEST(PlanPlacement, LocalTakesTheNodeWithTheMostAllowedCores) {
  std::vector<int> cpus = UpTo(128);
  cpus.erase(cpus.begin(), cpus.begin() + 8);  // node 0 keeps half of its cores
  const Topology topology = Restrict(SmallEpyc(), cpus, UpTo(8));
  EXPECT_THAT(PlanPlacement(topology, "local", 0).memory_nodes, ElementsAre(1));
}

TEST(PlanPlacement, UnevenNodesAreFilledAsFarAsTheyGo) {
  std::vector<int> cpus = UpTo(128);
  cpus.erase(cpus.begin() + 4, cpus.begin() + 16);  // node 0: two cores left of eight
  const Topology topology = Restrict(SmallEpyc(), cpus, UpTo(8));
  const auto per_node = ThreadsPerNode(topology, PlanPlacement(topology, "interleave", 32));
  EXPECT_EQ(per_node.at(0), 2);
  for (int node = 1; node < 8; ++node) EXPECT_NEAR(per_node.at(node), 30.0 / 7, 1);
}

TEST(PlanPlacement, RestrictedCpusetIsRespected) {
  const Topology topology = Restrict(SmallEpyc(), {17, 18, 19, 33}, {1});
  const PlacementPlan plan = PlanPlacement(topology, "interleave", 0);
  EXPECT_THAT(plan.thread_cpus, ElementsAre(17, 18, 33));  // 17 is the sibling of a cpu taken away
  EXPECT_THAT(plan.memory_nodes, ElementsAre(1));
}

TEST(PlanPlacement, RefusesMoreThreadsThanCoresAndSaysHowManyThereAre) {
  EXPECT_THAT(Refusal(SmallEpyc(), "interleave", 65), HasSubstr("64 cores"));
  EXPECT_THAT(Refusal(SmallEpyc(), "local", 9), HasSubstr("8 cores"));
  EXPECT_THAT(Refusal(SmallEpyc(), "interleave", -1), HasSubstr("-1"));
}

TEST(PlanPlacement, RefusesUnknownPoliciesWithTheNearestName) {
  EXPECT_THAT(Refusal(SmallEpyc(), "intreleave", 1),
              HasSubstr("'intreleave' is not a policy; did you mean 'interleave'?"));
}

TEST(PlanPlacement, CpusAndMemoryOnDifferentNodesRuleLocalOut) {
  const Topology topology = Restrict(SmallEpyc(), {0, 2}, {5});
  EXPECT_THAT(Refusal(topology, "local", 1), HasSubstr("use interleave"));
  EXPECT_THAT(AutoPolicies(topology), ElementsAre("interleave"));
  EXPECT_THAT(PlanPlacement(topology, "interleave", 0).memory_nodes, ElementsAre(5));
}

TEST(PlanPlacement, AnEmptyCpusetIsNamed) {
  EXPECT_THAT(Refusal(Restrict(SmallEpyc(), {}, {0}), "interleave", 0), HasSubstr("no core"));
  EXPECT_THAT(Refusal(Restrict(SmallEpyc(), {0}, {}), "interleave", 0), HasSubstr("memory node"));
}

TEST(PlanPlacement, RowShardPutsEachThreadsRowsOnItsNode) {
  const Topology topology = SmallEpyc();
  const PlacementPlan plan = PlanPlacement(topology, "row-shard", 16);
  ASSERT_EQ(plan.thread_nodes.size(), 16u);
  for (size_t i = 0; i < 16; ++i) {
    EXPECT_EQ(plan.thread_nodes[i], CoreOf(topology, plan.thread_cpus[i]).node);
  }
  EXPECT_EQ(plan.memory_nodes, UpTo(8));
  EXPECT_THAT(PlanPlacement(topology, "row-shard", 2).memory_nodes, ElementsAre(0, 1));
}

TEST(PlanPlacement, NamedNodesKeepThreadsAndPages) {
  const Topology topology = SmallEpyc();
  for (const char* name : {"interleave:2+5", "row-shard:2+5"}) {
    const PlacementPlan plan = PlanPlacement(topology, name, 0);
    EXPECT_EQ(plan.policy, name);
    EXPECT_THAT(plan.memory_nodes, ElementsAre(2, 5));
    EXPECT_THAT(ThreadsPerNode(topology, plan),
                ElementsAre(testing::Pair(2, 8), testing::Pair(5, 8)));
  }
  EXPECT_THAT(PlanPlacement(topology, "local:6", 0).memory_nodes, ElementsAre(6));
  EXPECT_THAT(Refusal(topology, "interleave:0+8", 0), HasSubstr("node 8 is not there"));
  EXPECT_THAT(Refusal(Restrict(topology, UpTo(128), {0, 1}), "local:5", 0),
              HasSubstr("node 5 is outside the cpuset of this process (cpuset.mems: 0-1)"));
}

TEST(PlanPlacement, LayoutsSayHowManyThreadsThereAre) {
  const Topology topology = SmallEpyc();
  EXPECT_EQ(PlanPlacement(topology, "row-shard/l3", 0).thread_cpus.size(), 16u);
  EXPECT_EQ(PlanPlacement(topology, "row-shard/smt", 0).thread_cpus.size(), 128u);
  EXPECT_EQ(PlanPlacement(topology, "row-shard/3", 0).thread_cpus.size(), 24u);
  EXPECT_EQ(PlanPlacement(topology, "local/l3", 0).thread_cpus.size(), 2u);
  std::set<int> caches;
  for (const int cpu : PlanPlacement(topology, "interleave/l3", 0).thread_cpus) {
    caches.insert(CoreOf(topology, cpu).l3);
  }
  EXPECT_EQ(caches.size(), 16u);
}

TEST(PlanPlacement, WeightsComeFromTheNameElseFromTheKernel) {
  Topology topology = ReadTopology(Synthetic("numa:3 core:2 pu:1"));
  EXPECT_THAT(Refusal(topology, "weighted-interleave", 0), HasSubstr("Linux 6.9"));
  const PlacementPlan named = PlanPlacement(topology, "weighted-interleave:0=4+2=1", 0);
  EXPECT_THAT(named.memory_nodes, ElementsAre(0, 2));
  EXPECT_THAT(named.node_weights, ElementsAre(4, 1));
  EXPECT_THAT(AutoPolicies(topology), ElementsAre("row-shard", "interleave", "local", "replicate"));
  topology.interleave_weights = {5, 5, 2};
  EXPECT_THAT(PlanPlacement(topology, "weighted-interleave:1-2", 0).node_weights,
              ElementsAre(5, 2));
  EXPECT_THAT(AutoPolicies(topology),
              ElementsAre("row-shard", "interleave", "local", "replicate", "weighted-interleave"));
}

TEST(AutoPolicies, OneNodeNeedsOnlyOnePolicy) {
  EXPECT_THAT(AutoPolicies(ReadTopology(Synthetic("numa:1 core:2 pu:1"))),
              ElementsAre("interleave"));
  EXPECT_THAT(AutoPolicies(SmallEpyc()),
              ElementsAre("row-shard", "interleave", "local", "replicate"));
  EXPECT_THAT(AutoPolicies(Restrict(SmallEpyc(), {0, 2}, {0})), ElementsAre("interleave"));
}

TEST(AutoPolicies, ACopyForEachNodeNeedsTwoWithCoresAndMemory) {
  // Cores of two nodes, memory of one.
  const Topology topology = Restrict(SmallEpyc(), UpTo(32), {0});
  EXPECT_THAT(AutoPolicies(topology), ElementsAre("row-shard", "interleave", "local"));
}

TEST(PlanPlacement, ThisMachineCanBePlanned) {
  const Topology topology = ReadTopology(ThisMachine());
  for (const std::string& policy : AutoPolicies(topology)) {
    for (const PlacementPlan& plan : PlanInstances(topology, policy, 1, 0)) {
      EXPECT_FALSE(plan.thread_cpus.empty());
      EXPECT_FALSE(plan.memory_nodes.empty());
    }
  }
}

TEST(PlanPlacement, ThreadripperComputesOnFourNodesAndKeepsMemoryOnTwo) {
  const std::filesystem::path path = MachineFile("threadripper-2990wx-chimera.xml");
  if (path.empty()) GTEST_SKIP() << "shared/data/hwloc is not here";
  const Topology topology = ReadTopology(XmlFile(path));
  const PlacementPlan plan = PlanPlacement(topology, "interleave", 16);
  EXPECT_EQ(ThreadsPerNode(topology, plan).size(), 4u);
  EXPECT_THAT(plan.memory_nodes, ElementsAre(0, 2));
  const PlacementPlan shard = PlanPlacement(topology, "row-shard", 0);
  EXPECT_THAT(shard.memory_nodes, ElementsAre(0, 2));
  EXPECT_EQ(std::count(shard.thread_nodes.begin(), shard.thread_nodes.end(), 0), 16);
}

}  // namespace
}  // namespace moebench
