// Several instances of a model at once: planned, run together, merged, refused.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <set>
#include <thread>

#include "harness/sweep/at_once.h"
#include "harness/sweep/instance_trial.h"
#include "harness/sweep/testing/run_sweep_fixture.h"
#include "runners/worker/worker_failure.h"

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr int64_t kGib = int64_t{1} << 30;

// A machine of two cores on one node.
PlanningMachine TwoCores() {
  PlanningMachine machine;
  machine.auto_policies = {"interleave"};
  machine.place = [](const std::string& policy, int) -> PlacementPlan {
    return {policy, {0, 1}, {0}};
  };
  machine.count_instances = [](const std::string& policy, const std::string& instances) {
    return policy == "replicate" || instances == "node" ? 1 : std::stoi(instances);
  };
  machine.place_instances = [](const std::string& policy, int instances, int) {
    if (instances > 2) throw Error{"instances: 3 were asked for, there are 2 cores", ""};
    std::vector<PlacementPlan> plans;
    for (int i = 0; i < instances; ++i) plans.push_back({policy, {i}, {0}});
    return plans;
  };
  return machine;
}

ModelInput SmallModel() {
  ModelInput model;
  model.facts.n_experts = 32;
  model.facts.k0 = 8;
  model.facts.n_moe_layers = 2;
  model.facts.expert_bytes = 100;
  model.facts.dense_bytes_per_token = 100;
  model.facts.context_length = 512;
  model.facts.file_bytes = 3 * kGib;
  model.sha256 = "abc";
  return model;
}

SweepPlan PlanInstances(std::vector<std::string> instances, const PlanningMachine& machine) {
  SweepSpec spec;
  spec.experts = {4};
  spec.sessions = 1;
  spec.trials = 2;
  spec.max_tokens = 16;
  spec.instances = std::move(instances);
  Suite suite;
  suite.speed = {{"s1", "one"}, {"s2", "two"}};
  return PlanSweep(spec, {SmallModel()}, suite, machine);
}

TEST(PlanInstancesAxis, EachNumberIsAGroupOfCellsOfItsOwn) {
  const SweepPlan plan = PlanInstances({"1", "2", "node"}, TwoCores());
  ASSERT_THAT(plan.groups, SizeIs(2));  // one for each of one node is one
  EXPECT_THAT(plan.groups[0].others, SizeIs(0));
  EXPECT_THAT(CpusOf(plan.groups[1]), ElementsAre(0, 1));
  std::set<std::string> labels, ids;
  for (const CellRecord& cell : plan.models[0].cells) {
    labels.insert(CellLabel(cell.cell));
    ids.insert(cell.cell_id);
    EXPECT_EQ(cell.cell.baseline, CellLabel(cell.cell) == "k=8 plain interleave t=2");
  }
  EXPECT_TRUE(labels.contains("k=4 plain interleave 2 x t=1"));
  EXPECT_EQ(ids.size(), plan.models[0].cells.size());
}

TEST(PlanInstancesAxis, ACopyOnEachNodeIsPlannedOnceUnderWhicheverName) {
  PlanningMachine machine = TwoCores();  // as if of two nodes
  machine.auto_policies = {"local", "replicate"};
  machine.count_instances = [](const std::string& policy, const std::string& instances) {
    return policy.starts_with("replicate") || instances == "node" ? 2 : std::stoi(instances);
  };
  EXPECT_THAT(PlanInstances({"1"}, machine).groups, SizeIs(2));          // local, replicate
  EXPECT_THAT(PlanInstances({"1", "node"}, machine).groups, SizeIs(2));  // local, local on each
  machine.auto_policies = {"local", "replicate:0+1"};
  EXPECT_THAT(PlanInstances({"1", "node"}, machine).groups, SizeIs(3));
}

TEST(PlanInstancesAxis, TheBaselineWritesOneTextWhereAnySettingDoes) {
  const SweepPlan plan = PlanInstances({"2", "1"}, TwoCores());
  EXPECT_EQ(CellLabel(plan.models[0].cells[0].cell), "k=8 plain interleave t=2");
  EXPECT_TRUE(plan.models[0].cells[0].cell.baseline);
  const SweepPlan several = PlanInstances({"2"}, TwoCores());
  EXPECT_TRUE(several.models[0].cells[0].cell.baseline);
  EXPECT_EQ(several.models[0].cells[0].cell.instances, 2);
}

TEST(PlanInstancesAxis, CopiesThatDoNotFitAreRefusedBeforeLoading) {
  PlanningMachine machine = TwoCores();
  machine.available_bytes = 5 * kGib;
  const SweepPlan plan = PlanInstances({"1", "2"}, machine);
  EXPECT_THAT(plan.groups, SizeIs(1));
  const CellRecord& two = plan.models[0].cells.back();
  EXPECT_EQ(two.status, Status::kSkipped);
  EXPECT_THAT(two.reason, HasSubstr("memory: 2 copies of 3.4 GiB: needs about 6.8 GiB, 5.0 GiB"));
}

TEST(PlanInstancesAxis, ANodeThatCanNotHoldItsCopiesIsNamed) {
  PlanningMachine machine = TwoCores();
  machine.node_free = [](const std::vector<int>&) { return std::map<int, int64_t>{{0, 4 * kGib}}; };
  const SweepPlan plan = PlanInstances({"1", "2"}, machine);
  EXPECT_THAT(plan.groups, SizeIs(1));
  EXPECT_THAT(plan.models[0].cells.back().reason, HasSubstr("memory: node 0 is full"));
}

TEST(PlanInstancesAxis, MoreThanThereAreCoresForIsAReason) {
  const SweepPlan plan = PlanInstances({"1", "3"}, TwoCores());
  EXPECT_THAT(plan.models[0].cells.back().reason, HasSubstr("3 were asked for"));
}

TEST(OverlapOf, IsTheLeastShareThatAllWereBusyIn) {
  // The second began 2 s late; both were kept busy to the end.
  const std::vector<InstanceTime> times = {{0, 10, 13}, {2, 12, 12}};
  EXPECT_DOUBLE_EQ(OverlapOf(times), 0.8);
  const std::vector<InstanceTime> apart = {{0, 1, 1}, {2, 3, 3}};
  EXPECT_DOUBLE_EQ(OverlapOf(apart), 0);
  const std::vector<InstanceTime> one = {{0, 1, 1}};
  EXPECT_DOUBLE_EQ(OverlapOf(one), 1);
}

TEST(RunAtOnce, AllRunBesideOneAnotherAndTheWorstErrorIsThrown) {
  std::atomic<int> inside = 0;
  RunAtOnce(3, [&](size_t) {
    ++inside;
    while (inside < 3) std::this_thread::yield();  // ends only if all three are here
  });
  EXPECT_EQ(inside, 3);
  try {
    RunAtOnce(3, [](size_t i) {
      if (i == 0) throw Error{"just an error", ""};
      if (i == 2) throw WorkerFailure(FailureKind::kInterrupted, "interrupted", "generate", "");
    });
    FAIL() << "nothing was thrown";
  } catch (const WorkerFailure& failure) {
    EXPECT_EQ(failure.kind(), FailureKind::kInterrupted);
  }
}

// With little address space left there are stacks for a few threads only.
void RunMoreThanTheSystemGives() {
  const rlimit few = {rlim_t{1} << 30, rlim_t{1} << 30};
  setrlimit(RLIMIT_AS, &few);
  bool called = false;
  try {
    RunAtOnce(5000, [&](size_t) { called = true; });
  } catch (const Error& error) {
    const std::string what = error.what();
    std::_Exit(!called && what.find("of 5000 threads") != std::string::npos ? 0 : 2);
  }
  std::_Exit(1);
}

TEST(RunAtOnceDeathTest, NobodyRunsOrHangsWhereThreadsAreLacking) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(RunMoreThanTheSystemGives(), testing::ExitedWithCode(0), "");
}

TrialRecord TrialOf(double ms_per_token) {
  TrialRecord trial;
  trial.prompts = 1;
  trial.prompt_tokens = 10;
  trial.generated_tokens = 21;
  trial.prefill_ms = 5;
  trial.decode_ms = 20 * ms_per_token;
  trial.inter_token_ms.assign(20, static_cast<float>(ms_per_token));
  trial.ttft_ms = 5;
  trial.k_executed_min = trial.k_executed_max = 4;
  trial.bytes_per_token = 100;
  trial.logits_hash = 7;
  return trial;
}

TEST(MergeInstances, TokensPerSecondAreThoseOfAllTogether) {
  const TrialRecord merged = MergeInstances({TrialOf(10), TrialOf(20)}, 0.95);
  EXPECT_DOUBLE_EQ(merged.DecodeTps(), 100 + 50);
  EXPECT_DOUBLE_EQ(merged.PrefillTps(), 2000 + 2000);
  EXPECT_DOUBLE_EQ(merged.bytes_per_token, 100);
  EXPECT_EQ(merged.generated_tokens, 42);
  EXPECT_DOUBLE_EQ(merged.decode_ms, 600);
  EXPECT_THAT(merged.inter_token_ms, SizeIs(40));
  EXPECT_THAT(merged.instances, SizeIs(2));
  EXPECT_EQ(OverlapReason(merged), "");
  EXPECT_EQ(DisagreementReason(merged), "");
}

TEST(MergeInstances, WhatDidNotOverlapOrDiffersIsNamed) {
  TrialRecord other = TrialOf(10);
  other.logits_hash = 8;
  const TrialRecord merged = MergeInstances({TrialOf(10), other}, 0.4);
  EXPECT_EQ(OverlapReason(merged), "instances ran at the same time for only 40 % of a trial");
  EXPECT_EQ(DisagreementReason(merged),
            "suspect: instance 1 computed other logits than instance 0");
}

class InstancesSweepTest : public RunSweepTest {
 protected:
  void SetUp() override {
    RunSweepTest::SetUp();
    plan_ = PlanInstances({"1", "2"}, TwoCores());
    environment_.measure_bandwidth = [this](const std::vector<int>& cpus) {
      probed_.insert(cpus);
      return ReadBandwidths{30, 100, 1 << 25};
    };
    environment_.watch_trial = [this](const std::vector<int>& pids, int threads) {
      watched_.insert({pids.size(), threads});
      return [] { return TrialNote{}; };
    };
    prepare_ = [this](ScriptedRunner& runner) {
      // What the placement asks for is what the proof says.
      auto* proof = &runner.proof;
      runner.on_request = [proof](const LoadRequest& request) {
        proof->thread_cpus = request.placement.thread_cpus;
      };
      more_(runner);
    };
  }
  std::vector<TrialRecord> TrialsWith(size_t instances) {
    std::vector<TrialRecord> found;
    for (const TrialRecord& trial : sink_.trials) {
      if (std::max<size_t>(1, trial.instances.size()) == instances) found.push_back(trial);
    }
    return found;
  }

  std::set<std::vector<int>> probed_;
  std::set<std::pair<size_t, int>> watched_;
  std::function<void(ScriptedRunner&)> more_ = [](ScriptedRunner&) {};
};

TEST_F(InstancesSweepTest, TwoWorkersAreTimedTogetherAndTheirRatesAdded) {
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(starts_, 3);  // one alone, two at once
  ASSERT_FALSE(TrialsWith(2).empty());
  for (const TrialRecord& trial : TrialsWith(2)) {
    EXPECT_DOUBLE_EQ(trial.DecodeTps(), 2000);
    EXPECT_EQ(trial.unstable, "");
  }
  for (const TrialRecord& trial : TrialsWith(1)) EXPECT_DOUBLE_EQ(trial.DecodeTps(), 1000);
  EXPECT_THAT(probed_, ElementsAre(std::vector<int>{0, 1}));  // by all cores in either group
  EXPECT_THAT(watched_, ElementsAre(std::pair<size_t, int>{1, 2}, std::pair<size_t, int>{2, 2}));
  ASSERT_THAT(sink_.sessions, SizeIs(2));
  for (const SessionRecord& session : sink_.sessions) {
    EXPECT_EQ(session.threads, session.instances == 2 ? 1 : 2);
    EXPECT_EQ(session.asked_json.front(), session.instances == 2 ? '[' : '{');
  }
  for (const auto& [id, end] : sink_.ended) EXPECT_EQ(end.first, Status::kOk) << end.second;
}

TEST_F(InstancesSweepTest, OneInstanceOnTheWrongCpuIsInvalid) {
  std::atomic<int> loads = 0;
  more_ = [&](ScriptedRunner& runner) {
    auto* proof = &runner.proof;
    runner.on_request = [proof, &loads](const LoadRequest& request) {
      ++loads;
      proof->thread_cpus = request.placement.thread_cpus;
      if (proof->thread_cpus == std::vector<int>{1}) proof->thread_cpus = {0};
    };
  };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(loads, 3);
  EXPECT_TRUE(TrialsWith(2).empty());
  EXPECT_FALSE(TrialsWith(1).empty());
  int invalid = 0;
  for (const auto& [id, end] : sink_.ended) {
    if (end.first != Status::kInvalid) continue;
    ++invalid;
    EXPECT_THAT(end.second, HasSubstr("not_obeyed: instance 1: thread 0 was to run on cpu 1"));
  }
  EXPECT_EQ(invalid, 2);
}

TEST_F(InstancesSweepTest, OneThatDiesIsTheEndOfTheTrialForAll) {
  std::atomic<int> made = 0;
  more_ = [&](ScriptedRunner& runner) {
    if (++made != 3) return;  // the second of the two, or of the retry
    runner.on_generate = [](const GenerateRequest& request, GenerateResult&) {
      if (request.k == 4) {
        throw WorkerFailure(FailureKind::kCrashed, "crashed(SIGSEGV)", "generate", "");
      }
    };
  };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  int failed = 0;
  for (const auto& [id, end] : sink_.ended) {
    if (end.first != Status::kFailed) continue;
    ++failed;
    EXPECT_EQ(end.second, "crashed(SIGSEGV)");
  }
  EXPECT_EQ(failed, 1);
}

}  // namespace
}  // namespace moebench
