// The rules of every plan, on machines of all shapes: real ones from hwloc files, and small made
// ones with what is rare.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

#include "harness/machine/instance_plan.h"
#include "harness/machine/placement_plan.h"
#include "harness/machine/test_machines.h"
#include "harness/machine/thread_seats.h"

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct MadeNode {
  int os_id = 0;
  std::vector<std::vector<int>> cores;  // cpus of each
  int64_t memory_bytes = int64_t{1} << 30;
  int cores_per_l3 = 1000;
};

Topology Made(const std::vector<MadeNode>& nodes) {
  Topology topology{.source = "made", .packages = {{0, ""}}};
  for (const MadeNode& made : nodes) {
    NumaNode node{.os_id = made.os_id,
                  .package = 0,
                  .memory_bytes = made.memory_bytes,
                  .has_memory = made.memory_bytes > 0};
    for (size_t i = 0; i < made.cores.size(); ++i) {
      if (i % static_cast<size_t>(made.cores_per_l3) == 0)
        topology.l3_groups.push_back({1 << 20, {}});
      const int l3 = static_cast<int>(topology.l3_groups.size()) - 1;
      topology.cores.push_back({made.cores[i], made.os_id, 0, l3});
      for (const int cpu : made.cores[i]) {
        node.cpus.push_back(cpu);
        topology.l3_groups.back().cpus.push_back(cpu);
        topology.allowed_cpus.push_back(cpu);
      }
    }
    std::sort(node.cpus.begin(), node.cpus.end());
    topology.nodes.push_back(node);
    topology.allowed_nodes.push_back(made.os_id);
  }
  std::sort(topology.allowed_cpus.begin(), topology.allowed_cpus.end());
  for (size_t i = 0; i < nodes.size(); ++i) {
    topology.distances.emplace_back(nodes.size(), 20);
    topology.distances[i][i] = 10;
  }
  return topology;
}

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

void ExpectRules(const Topology& topology, const PlacementPlan& plan, ThreadLayout layout) {
  const std::set<int> cpus(plan.thread_cpus.begin(), plan.thread_cpus.end());
  ASSERT_EQ(cpus.size(), plan.thread_cpus.size()) << "two threads on one cpu";
  std::set<const Core*> cores;
  for (const int cpu : cpus) {
    ASSERT_TRUE(
        std::binary_search(topology.allowed_cpus.begin(), topology.allowed_cpus.end(), cpu));
    cores.insert(&CoreOf(topology, cpu));
  }
  if (layout != ThreadLayout::kPerCpu) {
    ASSERT_EQ(cores.size(), cpus.size()) << "two threads on one core";
  }
  ASSERT_FALSE(plan.memory_nodes.empty());
  for (const int node : plan.memory_nodes) {
    ASSERT_TRUE(topology.FindNode(node)->has_memory);
    const auto& allowed = topology.allowed_nodes;
    ASSERT_TRUE(std::binary_search(allowed.begin(), allowed.end(), node));
  }
  if (plan.thread_nodes.empty()) return;
  ASSERT_EQ(plan.thread_nodes.size(), plan.thread_cpus.size());
  for (size_t i = 0; i < plan.thread_nodes.size(); ++i) {
    const int own = CoreOf(topology, plan.thread_cpus[i]).node;
    const bool memory_there =
        topology.FindNode(own)->has_memory &&
        std::binary_search(topology.allowed_nodes.begin(), topology.allowed_nodes.end(), own);
    ASSERT_TRUE(!memory_there || plan.thread_nodes[i] == own) << own;
  }
}

// Every policy and layout at every number of threads.
void ExpectAllPlansHold(const Topology& topology) {
  const std::vector<std::pair<std::string, ThreadLayout>> layouts = {
      {"/core", ThreadLayout::kPerCore},
      {"/l3", ThreadLayout::kPerL3},
      {"/smt", ThreadLayout::kPerCpu},
      {"/2", ThreadLayout::kPerNode}};
  for (const auto& [suffix, layout] : layouts) {
    const SeatsByNode seats = SeatsOf(topology, layout, 2);
    for (const std::string policy : {"interleave", "row-shard", "none"}) {
      SCOPED_TRACE(policy + suffix);
      for (int threads = 0; threads <= CountSeats(seats); ++threads) {
        const PlacementPlan plan = PlanPlacement(topology, policy + suffix, threads);
        ASSERT_EQ(static_cast<int>(plan.thread_cpus.size()),
                  threads == 0 ? CountSeats(seats) : threads);
        ExpectRules(topology, plan, layout);
        auto per_node = ThreadsPerNode(topology, plan);
        int most = 0;
        for (const auto& [node, count] : per_node) most = std::max(most, count);
        for (const auto& [node, list] : seats) {
          ASSERT_TRUE(per_node[node] >= most - 1 || per_node[node] == static_cast<int>(list.size()))
              << "node " << node;
        }
      }
    }
  }
  for (const std::string& name : AutoPolicies(topology)) {
    for (const PlacementPlan& plan : PlanInstances(topology, name, 1, 0)) {
      ExpectRules(topology, plan, ThreadLayout::kPerCore);
    }
  }
}

TEST(PlacementMachines, RealOnesHoldAllRules) {
  if (AllMachineFiles().empty()) GTEST_SKIP() << "shared/data/hwloc is not here";
  for (const std::filesystem::path& path : AllMachineFiles()) {
    SCOPED_TRACE(path.filename().string());
    const Topology topology = ReadTopology(XmlFile(path));
    ExpectAllPlansHold(topology);
    const PlacementPlan local = PlanPlacement(topology, "local", 0);
    EXPECT_EQ(ThreadsPerNode(topology, local).size(), 1u);
  }
}

TEST(PlacementMachines, UnevenNodesWithSmtAndSeveralCachesHoldAllRules) {
  ExpectAllPlansHold(
      Made({{.os_id = 0, .cores = {{0, 8}, {1, 9}, {2, 10}, {3, 11}}, .cores_per_l3 = 2},
            {.os_id = 1, .cores = {{4, 12}}, .memory_bytes = 1 << 20},
            {.os_id = 2, .cores = {{5, 13}, {6, 14}, {7, 15}}, .cores_per_l3 = 1}}));
}

TEST(PlacementMachines, NodesWithoutMemoryReadTheNearestOneThatHasSome) {
  Topology topology = Made({{.os_id = 0, .cores = {{0}, {1}}},
                            {.os_id = 1, .cores = {{2}, {3}}, .memory_bytes = 0},
                            {.os_id = 2, .cores = {{4}, {5}}}});
  topology.distances[1] = {32, 10, 12};
  ExpectAllPlansHold(topology);
  const PlacementPlan plan = PlanPlacement(topology, "row-shard", 0);
  EXPECT_THAT(plan.thread_nodes, ElementsAre(0, 0, 2, 2, 2, 2));
  EXPECT_THAT(plan.memory_nodes, ElementsAre(0, 2));
}

TEST(PlacementMachines, MemoryWithoutCoresIsNotProposedForEvenShares) {
  Topology topology = Made({{.os_id = 0, .cores = {{0}, {1}}},
                            {.os_id = 1, .cores = {{2}, {3}}},
                            {.os_id = 2, .cores = {}}});
  ExpectAllPlansHold(topology);
  EXPECT_THAT(AutoPolicies(topology),
              ElementsAre("row-shard", "interleave:0-1", "local", "replicate"));
  EXPECT_THAT(PlanPlacement(topology, "interleave", 0).memory_nodes, ElementsAre(0, 1, 2));
  EXPECT_THAT(PlanPlacement(topology, "row-shard", 0).memory_nodes, ElementsAre(0, 1));
  const PlacementPlan far = PlanPlacement(topology, "interleave:2", 0);
  EXPECT_EQ(far.thread_cpus.size(), 4u);  // no cores there: threads stay everywhere
  EXPECT_THAT(far.memory_nodes, ElementsAre(2));
}

TEST(PlacementMachines, NodeNumbersAboveSixtyFourAreNodesAsOthers) {
  const Topology topology = Made({{.os_id = 0, .cores = {{0}}},
                                  {.os_id = 70, .cores = {{1000}}},
                                  {.os_id = 1020, .cores = {{4000}}}});
  ExpectAllPlansHold(topology);
  EXPECT_THAT(PlanPlacement(topology, "row-shard:70+1020", 0).thread_nodes, ElementsAre(70, 1020));
}

TEST(PlacementMachines, OfflineCpusLeaveGapsAndTheirSiblingsServe) {
  // Of core {0, 4} cpu 0 is offline, of node 1 the whole second core.
  const Topology topology =
      Made({{.os_id = 0, .cores = {{4}, {1, 5}}}, {.os_id = 1, .cores = {{2, 6}}}});
  ExpectAllPlansHold(topology);
  EXPECT_THAT(PlanPlacement(topology, "interleave", 0).thread_cpus, ElementsAre(4, 1, 2));
}

TEST(PlacementMachines, ACpusetThatSplitsCpusFromMemoryIsPlannedAcross) {
  const Topology topology = Restrict(
      Made({{.os_id = 0, .cores = {{0}, {1}}}, {.os_id = 1, .cores = {{2}, {3}}}}), {0, 1}, {1});
  ExpectAllPlansHold(topology);
  EXPECT_THAT(PlanPlacement(topology, "row-shard", 0).thread_nodes, ElementsAre(1, 1));
}

}  // namespace
}  // namespace moebench
