#include "harness/machine/instance_plan.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

#include "harness/base/error.h"
#include "harness/machine/placement_plan.h"
#include "harness/machine/test_machines.h"
#include "harness/machine/thread_seats.h"

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Two packages of two nodes, each with two L3 caches of four cores; two cpus a core.
Topology FourNodes() { return ReadTopology(Synthetic("pack:2 numa:2 l3:2 core:4 pu:2")); }

std::string WhyNot(const Topology& topology, const std::string& placement, int instances,
                   int threads) {
  try {
    PlanInstances(topology, placement, instances, threads);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

const Core& CoreOf(const Topology& topology, int cpu) {
  return *std::find_if(topology.cores.begin(), topology.cores.end(), [&](const Core& core) {
    return std::find(core.cpus.begin(), core.cpus.end(), cpu) != core.cpus.end();
  });
}

std::set<int> NodesOf(const Topology& topology, const PlacementPlan& plan) {
  std::set<int> nodes;
  for (const int cpu : plan.thread_cpus) nodes.insert(CoreOf(topology, cpu).node);
  return nodes;
}
std::set<int> CachesOf(const Topology& topology, const PlacementPlan& plan) {
  std::set<int> caches;
  for (const int cpu : plan.thread_cpus) caches.insert(CoreOf(topology, cpu).l3);
  return caches;
}

// What holds for every set of instances: as many as asked for, no core in two, equal teams.
void ExpectRules(const Topology& topology, const std::vector<PlacementPlan>& plans, int instances) {
  ASSERT_EQ(static_cast<int>(plans.size()), instances);
  std::set<const Core*> taken;
  for (const PlacementPlan& plan : plans) {
    ASSERT_EQ(plan.thread_cpus.size(), plans.front().thread_cpus.size());
    ASSERT_FALSE(plan.thread_cpus.empty());
    std::set<const Core*> own;
    for (const int cpu : plan.thread_cpus) {
      ASSERT_TRUE(
          std::binary_search(topology.allowed_cpus.begin(), topology.allowed_cpus.end(), cpu));
      own.insert(&CoreOf(topology, cpu));
    }
    for (const Core* core : own) {
      ASSERT_TRUE(taken.insert(core).second) << "two instances on one core";
    }
  }
}

TEST(PlanInstances, OneIsThePlanWithoutInstances) {
  const Topology topology = FourNodes();
  const std::vector<PlacementPlan> plans = PlanInstances(topology, "row-shard", 1, 6);
  ASSERT_THAT(plans, SizeIs(1));
  EXPECT_EQ(plans[0].thread_cpus, PlanPlacement(topology, "row-shard", 6).thread_cpus);
}

TEST(PlanInstances, ReplicateIsOneLocalCopyOnEachNode) {
  const Topology topology = FourNodes();
  EXPECT_EQ(InstanceCount(topology, "replicate", "1"), 4);
  const std::vector<PlacementPlan> plans = PlanInstances(topology, "replicate", 1, 0);
  ExpectRules(topology, plans, 4);
  for (int i = 0; i < 4; ++i) {
    const PlacementPlan& plan = plans[static_cast<size_t>(i)];
    EXPECT_EQ(plan.policy, "local:" + std::to_string(i));
    EXPECT_THAT(plan.memory_nodes, ElementsAre(i));
    EXPECT_THAT(NodesOf(topology, plan), ElementsAre(i));
    EXPECT_THAT(plan.thread_cpus, SizeIs(8));
  }
  EXPECT_EQ(InstanceCount(topology, "replicate:1+3/l3", "1"), 2);
  const std::vector<PlacementPlan> two = PlanInstances(topology, "replicate:1+3/l3", 2, 0);
  EXPECT_EQ(two[1].policy, "local:3/l3");
  EXPECT_THAT(two[1].thread_cpus, SizeIs(2));
}

TEST(PlanInstances, TwoTakeAPackageEach) {
  const Topology topology = FourNodes();
  const std::vector<PlacementPlan> plans = PlanInstances(topology, "row-shard", 2, 0);
  ExpectRules(topology, plans, 2);
  EXPECT_THAT(NodesOf(topology, plans[0]), ElementsAre(0, 1));
  EXPECT_THAT(NodesOf(topology, plans[1]), ElementsAre(2, 3));
  EXPECT_THAT(plans[1].memory_nodes, ElementsAre(2, 3));
}

TEST(PlanInstances, OnePerCacheKeepsToItsCacheAndLocalToItsNode) {
  const Topology topology = FourNodes();
  EXPECT_EQ(InstanceCount(topology, "local", "l3"), 8);
  const std::vector<PlacementPlan> plans = PlanInstances(topology, "local", 8, 0);
  ExpectRules(topology, plans, 8);
  for (const PlacementPlan& plan : plans) {
    EXPECT_THAT(CachesOf(topology, plan), SizeIs(1));
    EXPECT_THAT(plan.memory_nodes, ElementsAre(*NodesOf(topology, plan).begin()));
  }
}

TEST(PlanInstances, InterleaveSpreadsThePagesOfEverySlice) {
  const Topology topology = FourNodes();
  const std::vector<PlacementPlan> plans = PlanInstances(topology, "interleave", 4, 3);
  ExpectRules(topology, plans, 4);
  for (const PlacementPlan& plan : plans) {
    EXPECT_THAT(plan.memory_nodes, ElementsAre(0, 1, 2, 3));
    EXPECT_THAT(plan.thread_cpus, SizeIs(3));
  }
}

TEST(PlanInstances, UnevenSlicesGiveEqualTeams) {
  Topology topology = FourNodes();  // of node 0 five cores are left
  std::vector<int> cpus;
  for (const Core& core : topology.cores) {
    if (core.node == 0 && cpus.size() >= 5) continue;
    cpus.push_back(core.cpus.front());
  }
  topology = Restrict(topology, cpus, {0, 1, 2, 3});
  const std::vector<PlacementPlan> plans = PlanInstances(topology, "local", 4, 0);
  ExpectRules(topology, plans, 4);
  EXPECT_THAT(plans.back().thread_cpus, SizeIs(5));
}

TEST(PlanInstances, WhatDoesNotFitIsRefusedByName) {
  const Topology two = ReadTopology(Synthetic("numa:1 l3:1 core:2 pu:1"));
  EXPECT_THAT(WhyNot(two, "interleave", 3, 0), HasSubstr("instances: 3 were asked for"));
  EXPECT_THAT(WhyNot(two, "interleave", 2, 2), HasSubstr("threads: 2 were asked for"));
  EXPECT_THAT(WhyNot(two, "replicate:7", 1, 0), HasSubstr("node 7"));
  EXPECT_THROW(InstanceCount(two, "interleave", "lots"), Error);
  EXPECT_THROW(InstanceCount(two, "interleave", "0"), Error);
  EXPECT_THROW(PlanPlacement(two, "replicate", 0), Error);
}

TEST(PlanInstances, RealMachinesHoldAllRules) {
  int machines = 0;
  for (const std::filesystem::path& path : AllMachineFiles()) {
    SCOPED_TRACE(path.filename().string());
    Topology topology;
    try {
      topology = ReadTopology(XmlFile(path));
    } catch (const Error& error) {
      ASSERT_THAT(error.what(), HasSubstr("hwloc 3"));  // a newer file than this library reads
      continue;
    }
    ++machines;
    const int seats = CountSeats(SeatsOf(topology, ThreadLayout::kPerCore, 0));
    for (const std::string placement : {"interleave", "row-shard", "none", "local", "local/smt"}) {
      std::set<int> counts = {1, 2, 3, 4, seats};
      counts.insert(InstanceCount(topology, placement, "node"));
      counts.insert(InstanceCount(topology, placement, "l3"));
      for (const int n : counts) {
        SCOPED_TRACE(placement + " x " + std::to_string(n));
        const std::string why = WhyNot(topology, placement, n, 0);
        if (why.empty()) {
          ExpectRules(topology, PlanInstances(topology, placement, n, 0), n);
        } else {
          EXPECT_THAT(why, HasSubstr("instances: "));  // of local: no memory beside some cores
          EXPECT_EQ(placement.substr(0, 5), "local");
        }
      }
    }
    const int copies = InstanceCount(topology, "replicate", "1");
    const std::vector<PlacementPlan> plans = PlanInstances(topology, "replicate", 0, 0);
    ExpectRules(topology, plans, copies);
    std::set<int> nodes;
    for (const PlacementPlan& plan : plans) {
      ASSERT_THAT(plan.memory_nodes, SizeIs(1));
      EXPECT_TRUE(nodes.insert(plan.memory_nodes.front()).second) << "two copies on one node";
    }
  }
  if (machines == 0) GTEST_SKIP() << "shared/data/hwloc is not here";
}

}  // namespace
}  // namespace moebench
