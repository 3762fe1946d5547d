// What the ledger's tests share: a whole sweep in this process, from a scripted runner to the view.
#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>

#include "harness/base/error.h"
#include "harness/sweep/run_sweep.h"
#include "results/analysis.h"
#include "results/show.h"
#include "runners/fake/fake_runner.h"

namespace moebench::ledger {

// Keeps the rows of a sweep in memory, in the store's shape.
class RowsSink : public Sink {
 public:
  SweepRows rows;

  int64_t AddSession(const SessionRecord& session) override {
    rows.sessions.push_back(session);
    rows.sessions.back().id = static_cast<int64_t>(rows.sessions.size());
    return rows.sessions.back().id;
  }
  void AddProbe(const ProbeRecord& probe) override {  // as the store reads it back
    SessionRecord& session = rows.sessions[static_cast<size_t>(probe.session_id) - 1];
    session.read_bandwidth_gbps = std::max(session.read_bandwidth_gbps, probe.read_bandwidth_gbps);
    session.cache_bandwidth_gbps =
        std::max(session.cache_bandwidth_gbps, probe.cache_bandwidth_gbps);
    ++session.probes_again;
  }
  void FinishSession(int64_t, const std::string&) override {}
  void AddPassCosts(const std::vector<PassCostRecord>& costs) override {
    rows.pass_costs.insert(rows.pass_costs.end(), costs.begin(), costs.end());
  }
  void AddPrediction(const PredictionRecord& prediction) override {
    rows.predictions.push_back(prediction);
  }
  void AddTrial(const TrialRecord& trial) override { rows.trials.push_back(trial); }
  void AddAnswers(const std::vector<AnswerRecord>& answers) override {
    rows.answers.insert(rows.answers.end(), answers.begin(), answers.end());
  }
  void AddRouting(const RoutingRecord& routing) override { rows.routings.push_back(routing); }
  void AddDivergence(const DivergenceRecord& d) override { rows.divergences.push_back(d); }
  void FinishCell(const std::string& id, Status status, const std::string& reason) override {
    for (CellRecord& cell : rows.cells) {
      if (cell.cell_id != id) continue;
      cell.status = status;
      cell.reason = reason;
    }
  }
  void FinishSweep() override { rows.sweep.finished = "2026-11-22T02:00:00Z"; }
};

class Ledger : public testing::Test {
 protected:
  Ledger() {
    spec_.experts = {4, 2};
    spec_.sessions = 3;
    spec_.trials = 3;
    spec_.max_tokens = 32;
    for (int i = 0; i < 40; ++i) {
      const std::string n = std::to_string(i);
      suite_.items.push_back({.id = "q" + n,
                              .category = "sums",
                              .prompt = "question " + n,
                              .max_tokens = 64,
                              .grader_kind = "exact",
                              .expected = {"answer " + n},
                              .hash = n});
      script_.answers["question " + n] = "answer " + n;
    }
    suite_.speed = {{"s1", "Once upon a time"}, {"s2", "The capital of France"}};
  }

  // A sweep with the scripted runner, start to end. wrap may replace the runner of a session.
  void Sweep() {
    const ModelFacts facts = MakeFakeRunner(script_, nullptr)->Inspect("fake.gguf");
    PlanningMachine machine;
    machine.auto_policies = {"interleave"};
    machine.place = [](const std::string& policy, int) -> PlacementPlan {
      return {policy, {0, 1}, {0}};
    };
    plan_ = PlanSweep(spec_, {{facts, "abc", abilities_}}, suite_, machine);
    sink_ = {};
    sink_.rows.sweep = {.id = 1,
                        .started = "2026-11-22T01:00:00Z",
                        .version = "1",
                        .config_json = R"({"suite_hash":"s","max_tokens":32})",
                        .machine_json = "{}",
                        .machine_hash = "m"};
    sink_.rows.models = {{"abc", "fake.gguf", R"({"architecture":"fakemoe"})"}};
    sink_.rows.cells = plan_.models[0].cells;
    SweepEnvironment environment;
    environment.start_worker = [this] {
      return Worker{wrap_(MakeFakeRunner(script_, nullptr), starts_++), 0};
    };
    environment.measure_bandwidth = [this](const std::vector<int>&) { return bandwidths_; };
    environment.watch_trial = [](const std::vector<int>&, int) {
      return [] { return TrialNote{}; };
    };
    environment.cancelled = [] { return false; };
    environment.now_s = [] { return 0.0; };
    environment.report = [](const SweepEvent&) {};
    ASSERT_EQ(RunSweep(plan_, sink_, {}, environment), SweepEnd::kFinished);
  }

  SweepView View() const { return Analyse(sink_.rows); }
  CellView CellAt(int k, int control = 0) const {
    const SweepView view = View();
    for (const CellView& cell : view.models.at(0).cells) {
      if (cell.record.cell.k == k && cell.record.cell.control == control) return cell;
    }
    throw Error{"no such cell", "ledger"};
  }
  std::vector<TrialRecord*> TrialsAt(int k) {
    const std::string id = CellAt(k).record.cell_id;
    std::vector<TrialRecord*> trials;
    for (TrialRecord& trial : sink_.rows.trials) {
      if (trial.cell_id == id) trials.push_back(&trial);
    }
    return trials;
  }
  static std::string Reasons(const CellView& cell) {
    std::string all;
    for (const std::string& reason : cell.reasons) all += reason + "\n";
    return all;
  }
  void Misbehave(FakeAct act, std::optional<int> k, int64_t value = 0,
                 const std::string& text = "") {
    script_.misdeeds.push_back({.act = act, .k = k, .value = value, .text = text});
  }

  FakeScript script_ = LoadFakeScript("");
  SweepSpec spec_;
  Abilities abilities_;
  Suite suite_;
  ReadBandwidths bandwidths_{1000, 1000, 1 << 20};
  std::function<std::unique_ptr<Runner>(std::unique_ptr<Runner>, int session)> wrap_ =
      [](std::unique_ptr<Runner> runner, int) { return runner; };
  SweepPlan plan_;
  RowsSink sink_;
  int starts_ = 0;
};

}  // namespace moebench::ledger
