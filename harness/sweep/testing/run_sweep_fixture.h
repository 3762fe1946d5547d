// What the tests of the driver share: a runner whose every answer the test decides, a sink that
// keeps what it is given, and a small planned sweep.
#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>

#include "harness/base/error.h"
#include "harness/sweep/run_sweep.h"

namespace moebench {

// A runner whose every answer the test decides.
class ScriptedRunner : public Runner {
 public:
  std::function<void()> on_load = [] {};
  std::function<void(const LoadRequest&)> on_request = [](const LoadRequest&) {};
  std::function<void(const GenerateRequest&, GenerateResult&)> on_generate =
      [](const GenerateRequest&, GenerateResult&) {};
  std::function<MeasureResult(const MeasureRequest&)> on_measure =
      [](const MeasureRequest&) -> MeasureResult {
    throw Error{"measures nothing", "test"};
  };
  std::function<TextScore(const TextScoreRequest&)> on_score_text = [](const auto&) {
    return TextScore{};
  };
  std::function<RoutingResult(const RoutingRequest&)> on_trace = [](const auto&) -> RoutingResult {
    throw Error{"traces nothing", "test"};
  };
  PlacementProof proof{.pages_per_node = {{0, 1000}}, .thread_cpus = {0, 1}};

  ModelFacts Inspect(const std::string&) override { return {}; }
  LoadReport Load(const LoadRequest& request, const Progress&) override {
    on_request(request);
    on_load();
    return {.proof = proof};
  }
  void Warm() override {}
  MeasureResult Measure(const MeasureRequest& request) override { return on_measure(request); }
  TextScore ScoreText(const TextScoreRequest& request) override { return on_score_text(request); }
  RoutingResult TraceRouting(const RoutingRequest& request) override { return on_trace(request); }
  PlacementProof ReadPlacement() override { return proof; }
  GenerateResult Generate(const GenerateRequest& request) override {
    GenerateResult result;
    result.text = "5";
    result.tokens.assign(static_cast<size_t>(request.max_tokens), 1);
    result.finish = request.ignore_eos ? "length" : "stop";
    result.prompt_tokens = 4;
    result.prefill_ms = 2;
    result.inter_token_ms.assign(static_cast<size_t>(request.max_tokens) - 1, 1.0f);
    result.k_executed_min = result.k_executed_max = request.k;
    on_generate(request, result);
    return result;
  }
};

// Keeps what a sweep leaves behind, and can pretend that the disk is full.
class RecordingSink : public Sink {
 public:
  std::vector<SessionRecord> sessions;
  std::vector<ProbeRecord> probes;
  std::vector<TrialRecord> trials;
  std::vector<AnswerRecord> answers;
  std::vector<PassCostRecord> pass_costs;
  std::vector<PredictionRecord> predictions;
  std::vector<DivergenceRecord> divergences;
  std::vector<RoutingRecord> routings;
  std::map<std::string, std::pair<Status, std::string>> ended;
  int sessions_finished = 0;
  bool finished = false;
  size_t trials_until_full = SIZE_MAX;

  int64_t AddSession(const SessionRecord& session) override {
    sessions.push_back(session);
    return static_cast<int64_t>(sessions.size());
  }
  void AddProbe(const ProbeRecord& probe) override { probes.push_back(probe); }
  void FinishSession(int64_t, const std::string&) override { ++sessions_finished; }
  void AddPassCosts(const std::vector<PassCostRecord>& costs) override {
    pass_costs.insert(pass_costs.end(), costs.begin(), costs.end());
  }
  void AddPrediction(const PredictionRecord& prediction) override {
    predictions.push_back(prediction);
  }
  void AddTrial(const TrialRecord& trial) override {
    if (trials.size() == trials_until_full) {
      throw Error{"the disk is full", "db", "", ExitCode::kIo};
    }
    trials.push_back(trial);
  }
  void AddAnswers(const std::vector<AnswerRecord>& batch) override {
    answers.insert(answers.end(), batch.begin(), batch.end());
  }
  void AddRouting(const RoutingRecord& routing) override { routings.push_back(routing); }
  void AddDivergence(const DivergenceRecord& divergence) override {
    divergences.push_back(divergence);
  }
  void FinishCell(const std::string& id, Status status, const std::string& reason) override {
    EXPECT_FALSE(ended.contains(id)) << "a cell ended twice";
    ended[id] = {status, reason};
  }
  void FinishSweep() override { finished = true; }

  DoneWork Done() const {
    DoneWork done;
    for (const TrialRecord& trial : trials) {
      const int index = sessions[static_cast<size_t>(trial.session_id) - 1].index;
      done.trials.insert({trial.cell_id, index, trial.round});
    }
    for (const AnswerRecord& answer : answers)
      done.answers.insert({answer.cell_id, answer.item_id});
    for (const DivergenceRecord& d : divergences) done.divergences.insert(d.cell_id);
    for (const RoutingRecord& r : routings) done.routings.insert(r.model_sha256);
    for (const auto& [id, end] : ended) done.cells.insert(id);
    return done;
  }
};

class RunSweepTest : public testing::Test {
 protected:
  void SetUp() override {
    plan_ = PlanWith({4, 2});
    SetEnvironment();
  }
  static SweepPlan PlanWith(const std::vector<int>& experts) {
    SweepSpec spec;
    spec.experts = experts;
    spec.sessions = 2;
    spec.trials = 3;
    spec.max_tokens = 16;
    Suite suite;
    for (int i = 0; i < 20; ++i) {
      suite.items.push_back({.id = "i" + std::to_string(i),
                             .prompt = "2+3?",
                             .max_tokens = 8,
                             .grader_kind = "exact",
                             .expected = {"5"}});
    }
    suite.speed = {{"s1", "one"}, {"s2", "two"}};
    ModelInput model;
    model.facts.n_experts = 32;
    model.facts.k0 = 8;
    model.facts.n_moe_layers = 2;
    model.facts.expert_bytes = 100;
    model.facts.dense_bytes_per_token = 100;
    model.facts.context_length = 512;
    model.sha256 = "abc";
    PlanningMachine machine;
    machine.auto_policies = {"interleave"};
    machine.place = [](const std::string& policy, int) -> PlacementPlan {
      return {policy, {0, 1}, {0}};
    };
    return PlanSweep(spec, {model}, suite, machine);
  }
  void SetEnvironment() {
    environment_.start_worker = [this] {
      ++starts_;
      auto runner = std::make_unique<ScriptedRunner>();
      prepare_(*runner);
      return Worker{std::move(runner), 0};
    };
    environment_.measure_bandwidth = [](const std::vector<int>&) {
      return ReadBandwidths{30, 100, 1 << 25};
    };
    environment_.watch_trial = [](const std::vector<int>&, int) {
      return [] { return TrialNote{}; };
    };
    environment_.cancelled = [this] { return cancel_; };
    environment_.now_s = [this] { return clock_s_; };
    environment_.report = [this](const SweepEvent& event) { events_.push_back(event); };
  }

  SweepEnd Run() { return RunSweep(plan_, sink_, sink_.Done(), environment_); }
  const CellRecord& CellOf(int k, int control = 0) const {
    for (const CellRecord& cell : plan_.models[0].cells) {
      if (cell.cell.k == k && cell.cell.control == control) return cell;
    }
    throw Error{"no such cell", ""};
  }
  size_t TrialsOf(const std::string& id) const {
    return static_cast<size_t>(std::count_if(sink_.trials.begin(), sink_.trials.end(),
                                             [&](const auto& t) { return t.cell_id == id; }));
  }
  std::string EndOf(int k) {
    const auto& [status, reason] = sink_.ended.at(CellOf(k).cell_id);
    return std::to_string(static_cast<int>(status)) + ' ' + reason;
  }
  static std::string Ended(Status status, const std::string& reason) {
    return std::to_string(static_cast<int>(status)) + ' ' + reason;
  }

  SweepPlan plan_;
  SweepEnvironment environment_;
  RecordingSink sink_;
  std::vector<SweepEvent> events_;
  std::function<void(ScriptedRunner&)> prepare_ = [](ScriptedRunner&) {};
  int starts_ = 0;
  bool cancel_ = false;
  double clock_s_ = 0;
};

}  // namespace moebench
