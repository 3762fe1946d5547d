#include "harness/sweep/night_plan.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "harness/sweep/estimate.h"

namespace moebench {
namespace {

using testing::HasSubstr;
using testing::IsSubsetOf;

SweepPlan SomePlan() {
  SweepSpec spec;
  spec.experts = {6, 4, 3, 2, 1};
  spec.sessions = 2;
  spec.trials = 2;
  spec.max_tokens = 100;
  spec.controls = 1;
  Suite suite;
  suite.speed = {{"s", "x"}};
  ModelInput model;
  model.facts.n_experts = 32;
  model.facts.k0 = 8;
  model.facts.n_moe_layers = 1;
  model.facts.expert_bytes = 1;
  model.facts.context_length = 4096;
  model.sha256 = "abc";
  PlanningMachine machine;
  machine.auto_policies = {"interleave", "local"};
  machine.place = [](const std::string& policy, int) -> PlacementPlan {
    return {policy, {0, 1}, {0}};
  };
  return PlanSweep(spec, {model}, suite, machine);
}

// 10 tokens/s for every cell: 10 s a trial.
NightHistory History(const SweepPlan& plan) {
  NightHistory history;
  for (const CellRecord& cell : plan.models[0].cells) {
    history.decode_tps[cell.cell_id] = 10;
    history.last_measured[cell.cell_id] = "2026-11-20T00:00:00Z";
  }
  return history;
}

std::vector<std::string> Running(const SweepPlan& plan) {
  std::vector<std::string> ids;
  for (const SessionGroup& group : plan.groups) {
    for (const size_t cell : group.cells) ids.push_back(plan.models[0].cells[cell].cell_id);
    if (group.anchor) ids.push_back(plan.models[0].cells[*group.anchor].cell_id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::string IdOf(const SweepPlan& plan, int k, const std::string& placement) {
  for (const CellRecord& cell : plan.models[0].cells) {
    if (cell.cell.k == k && cell.cell.placement == placement && cell.cell.control == 0) {
      return cell.cell_id;
    }
  }
  return "";
}

TEST(NightPlan, EverythingFitsIntoALongNight) {
  SweepPlan plan = SomePlan();
  const std::vector<std::string> all = Running(plan);
  EXPECT_EQ(FitToBudget(plan, History(plan), {.budget_s = 1e6}), 0);
  EXPECT_EQ(Running(plan), all);
}

TEST(NightPlan, ChosenCellsFitAndTheOthersSayWhy) {
  const SweepPlan whole = SomePlan();
  for (const double budget_s : {300.0, 450.0, 600.0}) {
    SweepPlan plan = whole;
    const NightHistory history = History(plan);
    const int left_out = FitToBudget(plan, history, {.budget_s = budget_s});
    EXPECT_GT(left_out, 0);
    EXPECT_LE(EstimateSweep(plan, history.decode_tps, 10).seconds, budget_s);
    EXPECT_THAT(Running(plan), IsSubsetOf(Running(whole)));
    EXPECT_EQ(Running(plan).size() + static_cast<size_t>(left_out), Running(whole).size());
    int said = 0;
    for (const CellRecord& cell : plan.models[0].cells) {
      said += cell.status == Status::kSkipped && cell.reason.starts_with("budget: ") ? 1 : 0;
    }
    EXPECT_EQ(said, left_out);
  }
}

TEST(NightPlan, BaselineAndControlComeFirstThenTheOldest) {
  SweepPlan plan = SomePlan();
  NightHistory history = History(plan);
  history.last_measured[IdOf(plan, 2, "interleave")] = "2026-11-01T00:00:00Z";
  history.last_measured.erase(IdOf(plan, 3, "interleave"));  // never
  const std::string baseline = IdOf(plan, 8, "interleave");
  FitToBudget(plan, history, {.budget_s = 310});
  const std::vector<std::string> running = Running(plan);
  EXPECT_THAT(running, testing::Contains(baseline));
  EXPECT_THAT(running, testing::Contains(IdOf(plan, 3, "interleave")));
  EXPECT_THAT(running, testing::Not(testing::Contains(IdOf(plan, 6, "interleave"))));
}

TEST(NightPlan, OverSomeNightsEveryCellHasItsTurn) {
  const SweepPlan whole = SomePlan();
  NightHistory history = History(whole);
  std::set<std::string> measured;
  for (int night = 1; night <= 8; ++night) {
    SweepPlan plan = whole;
    FitToBudget(plan, history, {.budget_s = 500});
    for (const std::string& id : Running(plan)) {
      measured.insert(id);
      history.last_measured[id] = "2026-12-0" + std::to_string(night) + "T00:00:00Z";
    }
  }
  EXPECT_EQ(measured.size(), Running(whole).size());
}

TEST(NightPlan, WithoutTimeForTheBaselineItStays) {
  SweepPlan plan = SomePlan();
  FitToBudget(plan, History(plan), {.budget_s = 1});
  EXPECT_THAT(Running(plan), testing::Contains(IdOf(plan, 8, "interleave")));
  EXPECT_EQ(plan.groups.size(), 1u);
}

}  // namespace
}  // namespace moebench
