// Every word that names a placement - policy, layout, instances - on every machine, whole and with
// cpus and nodes taken away: what must be true of each plan, whatever it is.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "harness/base/error.h"
#include "harness/machine/instance_plan.h"
#include "harness/machine/node_memory.h"
#include "harness/machine/placement_plan.h"
#include "harness/machine/test_machines.h"

namespace moebench {
namespace {

using testing::Contains;

struct Where {
  int node = -1;
  const Core* core = nullptr;
};

std::map<int, Where> CpusOf(const Topology& topology) {
  std::map<int, Where> cpus;
  for (const Core& core : topology.cores) {
    for (const int cpu : core.cpus) cpus[cpu] = {core.node, &core};
  }
  return cpus;
}

std::set<int> UsableMemory(const Topology& topology) {
  std::set<int> nodes;
  for (const NumaNode& node : topology.nodes) {
    const auto& allowed = topology.allowed_nodes;
    const bool ours = std::find(allowed.begin(), allowed.end(), node.os_id) != allowed.end();
    if (node.has_memory && ours) nodes.insert(node.os_id);
  }
  return nodes;
}

// All of a model's bytes are on the plan's nodes, none is counted twice.
void ExpectAllBytesPlaced(const PlacementPlan& plan) {
  constexpr int64_t kRows = 1'000'000'007, kShared = 1'000'003;
  const std::map<int, int64_t> bytes = PredictNodeBytes(plan, kRows, kShared);
  if (PolicyOf(plan.policy) == "none") {
    EXPECT_TRUE(bytes.empty());
    return;
  }
  int64_t sum = 0;
  for (const auto& [node, part] : bytes) {
    EXPECT_THAT(plan.memory_nodes, Contains(node));
    EXPECT_GT(part, 0);
    sum += part;
  }
  const auto parts = static_cast<int64_t>(plan.thread_cpus.size() + plan.memory_nodes.size());
  EXPECT_LE(std::abs(kRows + kShared - sum), 2 * parts);  // rounding, of each part
}

void ExpectPlansHold(const Topology& topology, const std::vector<PlacementPlan>& plans) {
  const std::map<int, Where> cpus = CpusOf(topology);
  const std::set<int> allowed(topology.allowed_cpus.begin(), topology.allowed_cpus.end());
  const std::set<int> memory = UsableMemory(topology);
  std::set<int> taken;
  std::map<const Core*, const PlacementPlan*> cores;  // instances share none
  for (const PlacementPlan& plan : plans) {
    ASSERT_FALSE(plan.thread_cpus.empty());
    EXPECT_EQ(plan.thread_cpus.size(), plans.front().thread_cpus.size());
    ASSERT_EQ(plan.seat_nodes.size(), plan.thread_cpus.size());
    for (size_t i = 0; i < plan.thread_cpus.size(); ++i) {
      const int cpu = plan.thread_cpus[i];
      EXPECT_TRUE(taken.insert(cpu).second) << "two threads on cpu " << cpu;
      EXPECT_TRUE(allowed.contains(cpu)) << "cpu " << cpu << " is not ours";
      const Where& where = cpus.at(cpu);
      EXPECT_EQ(plan.seat_nodes[i], where.node);
      EXPECT_EQ(cores.try_emplace(where.core, &plan).first->second, &plan)
          << "a core of two instances";
    }
    ASSERT_FALSE(plan.memory_nodes.empty());
    for (const int node : plan.memory_nodes) {
      EXPECT_TRUE(memory.contains(node)) << "no memory for us on node " << node;
    }
    if (!plan.node_weights.empty()) {
      EXPECT_EQ(plan.node_weights.size(), plan.memory_nodes.size());
    }
    if (PolicyOf(plan.policy) == "local") {
      EXPECT_EQ(plan.memory_nodes.size(), 1u);
    }
    ExpectAllBytesPlaced(plan);
  }
}

// The plans, or none where they are refused as they must be: by an Error of configuration.
std::vector<PlacementPlan> PlansOrRefusal(const Topology& topology, const std::string& placement,
                                          const std::string& instances) {
  try {
    return PlanInstances(topology, placement, InstanceCount(topology, placement, instances), 0);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kConfig) << error.what();
    return {};
  }
}

// May this be refused on a machine of which we may use some cores and some memory?
bool MayBeRefused(const Topology& topology, const std::string& placement,
                  const std::string& instances) {
  const PlacementName name = ParsePlacementName(placement);
  const std::string& policy = name.policy;
  const bool weights = !name.weights.empty() || !topology.interleave_weights.empty();
  if (policy == "weighted-interleave" && !weights) return true;
  const std::set<int> memory = UsableMemory(topology);
  const std::set<int> allowed(topology.allowed_cpus.begin(), topology.allowed_cpus.end());
  std::set<int> whole;
  size_t cores = 0, cores_named = 0;
  bool l3_of_all = true;
  for (const Core& core : topology.cores) {
    const bool ours = std::any_of(core.cpus.begin(), core.cpus.end(),
                                  [&](int cpu) { return allowed.contains(cpu); });
    if (!ours) continue;
    const bool here = memory.contains(core.node);
    if (here) whole.insert(core.node);
    if (here || (policy != "local" && policy != "replicate")) ++cores;
    if (std::binary_search(name.nodes.begin(), name.nodes.end(), core.node)) ++cores_named;
    l3_of_all = l3_of_all && core.l3 >= 0;
  }
  if ((policy == "local" || policy == "replicate") && whole.empty()) return true;
  if (policy == "replicate") return false;
  if (instances == "l3") return !l3_of_all;
  if (cores_named > 0) cores = cores_named;
  return instances != "1" && instances != "node" && cores < std::stoul(instances);
}

void ExpectEveryWordHolds(const Topology& topology) {
  const std::set<int> memory = UsableMemory(topology);
  std::vector<std::string> policies = KnownPolicies();
  std::string weighted = "weighted-interleave:";
  for (const int node : memory) {
    weighted += (weighted.back() == ':' ? "" : "+") + std::to_string(node) + "=" +
                std::to_string(1 + node % 3);
  }
  policies.push_back(weighted);
  policies.push_back("interleave:" + std::to_string(*memory.rbegin()));
  for (const std::string& policy : policies) {
    for (const char* layout : {"", "/core", "/l3", "/smt", "/1", "/3"}) {
      for (const char* instances : {"1", "2", "3", "node", "l3"}) {
        const std::string placement = policy + layout;
        SCOPED_TRACE(placement + " x " + instances);
        const std::vector<PlacementPlan> plans = PlansOrRefusal(topology, placement, instances);
        if (plans.empty()) {
          EXPECT_TRUE(MayBeRefused(topology, placement, instances));
        } else {
          ExpectPlansHold(topology, plans);
        }
        if (testing::Test::HasFailure()) return;  // the first says it
      }
    }
  }
}

std::vector<int> EveryNth(const std::vector<int>& numbers, size_t n) {
  std::vector<int> some;
  for (size_t i = 0; i < numbers.size(); i += n) some.push_back(numbers[i]);
  return some;
}

// The machine after these cpus were taken offline: nobody lists them any more.
Topology Offline(Topology topology, const std::vector<int>& cpus) {
  const std::set<int> gone(cpus.begin(), cpus.end());
  const auto drop = [&](std::vector<int>& list) {
    std::erase_if(list, [&](int cpu) { return gone.contains(cpu); });
  };
  drop(topology.allowed_cpus);
  for (NumaNode& node : topology.nodes) drop(node.cpus);
  for (CacheGroup& group : topology.l3_groups) drop(group.cpus);
  for (CacheGroup& group : topology.l2_groups) drop(group.cpus);
  for (Core& core : topology.cores) drop(core.cpus);
  std::erase_if(topology.cores, [](const Core& core) { return core.cpus.empty(); });
  return topology;
}

void ExpectAllVariantsHold(const Topology& whole) {
  const std::vector<int> cpus = whole.allowed_cpus, nodes = whole.allowed_nodes;
  const std::set<int> memory = UsableMemory(whole);
  {
    SCOPED_TRACE("whole");
    ExpectEveryWordHolds(whole);
  }
  {
    SCOPED_TRACE("a cpuset of every third cpu");
    ExpectEveryWordHolds(Restrict(whole, EveryNth(cpus, 3), nodes));
  }
  {
    SCOPED_TRACE("a cpuset of the first node's cpus, memory of the last alone");
    const std::vector<int> first = whole.nodes.front().cpus.empty() ? cpus : whole.nodes[0].cpus;
    ExpectEveryWordHolds(Restrict(whole, first, {*memory.rbegin()}));
  }
  {
    SCOPED_TRACE("one cpu");
    ExpectEveryWordHolds(Restrict(whole, {cpus.back()}, nodes));
  }
  if (cpus.size() > 1) {
    SCOPED_TRACE("every fifth cpu offline");
    ExpectEveryWordHolds(Offline(whole, EveryNth(cpus, 5)));
  }
  if (whole.nodes.size() > 1) {
    SCOPED_TRACE("all cpus of the second node offline");
    ExpectEveryWordHolds(Offline(whole, whole.nodes[1].cpus));
  }
}

class EveryMachine : public testing::TestWithParam<const char*> {};

TEST_P(EveryMachine, EveryWordHoldsWholeRestrictedAndWithCpusOffline) {
  const std::filesystem::path path = MachineFile(GetParam());
  if (path.empty()) GTEST_SKIP() << "shared/data/hwloc/" << GetParam() << " is not here";
  ExpectAllVariantsHold(ReadTopology(XmlFile(path)));
}

INSTANTIATE_TEST_SUITE_P(Files, EveryMachine,
                         testing::Values("AMD-17h-Zen-2xEpyc-7451.with-numa-pre61ec8b937.xml",
                                         "eas-tioga.xml", "epyc-corona.xml", "epyc-corona-p2.xml",
                                         "ipa20.xml", "threadripper-2990wx-chimera.xml",
                                         "tuo.SPX.xml"),
                         [](const auto& machine) {
                           std::string name = machine.param;
                           std::erase_if(name, [](char c) { return !isalnum(c); });
                           return name;
                         });

TEST(EveryMachine, NoFileIsLeftOut) {
  if (AllMachineFiles().empty()) GTEST_SKIP() << "shared/data/hwloc is not here";
  EXPECT_EQ(AllMachineFiles().size(), 7u);
}

TEST(EveryMachine, SmallAndLargeOnesThatAreRareHoldToo) {
  for (const char* shape : {"numa:1 core:1 pu:1", "numa:2 pu:3", "numa:3 l3:1 core:5 pu:2",
                            "numa:80 core:1 pu:1", "pack:2 numa:4 l3:2 core:2 pu:2"}) {
    SCOPED_TRACE(shape);
    ExpectAllVariantsHold(ReadTopology(Synthetic(shape)));
  }
}

TEST(EveryMachine, ThisOneHoldsToo) { ExpectAllVariantsHold(ReadTopology(ThisMachine())); }

}  // namespace
}  // namespace moebench
