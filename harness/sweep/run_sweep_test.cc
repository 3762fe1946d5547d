#include "harness/sweep/run_sweep.h"

#include <gmock/gmock.h>

#include <functional>

#include "harness/base/error.h"
#include "runners/worker/worker_failure.h"

namespace moebench {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

// A runner whose every answer the test decides.
class ScriptedRunner : public Runner {
 public:
  std::function<void()> on_load = [] {};
  std::function<void(const GenerateRequest&, GenerateResult&)> on_generate =
      [](const GenerateRequest&, GenerateResult&) {};
  PlacementProof proof{.pages_per_node = {{0, 1000}}, .thread_cpus = {0, 1}};

  ModelFacts Inspect(const std::string&) override { return {}; }
  LoadReport Load(const LoadRequest&, const Progress&) override {
    on_load();
    return {.proof = proof};
  }
  void Warm() override {}
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
  std::vector<TrialRecord> trials;
  std::vector<AnswerRecord> answers;
  std::map<std::string, std::pair<Status, std::string>> ended;
  int sessions_finished = 0;
  bool finished = false;
  size_t trials_until_full = SIZE_MAX;

  int64_t AddSession(const SessionRecord& session) override {
    sessions.push_back(session);
    return static_cast<int64_t>(sessions.size());
  }
  void FinishSession(int64_t, const std::string&) override { ++sessions_finished; }
  void AddTrial(const TrialRecord& trial) override {
    if (trials.size() == trials_until_full) {
      throw Error{"the disk is full", "db", "", ExitCode::kIo};
    }
    trials.push_back(trial);
  }
  void AddAnswers(const std::vector<AnswerRecord>& batch) override {
    answers.insert(answers.end(), batch.begin(), batch.end());
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
    environment_.watch_trial = [](int, int) { return [] { return TrialNote{}; }; };
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

TEST_F(RunSweepTest, EveryCellIsTimedInEverySessionAndAnswersOnce) {
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(starts_, 2);
  EXPECT_EQ(TrialsOf(CellOf(4).cell_id), 6u);
  EXPECT_EQ(TrialsOf(CellOf(2).cell_id), 6u);
  EXPECT_EQ(TrialsOf(CellOf(8, 1).cell_id), 6u);
  EXPECT_GE(TrialsOf(CellOf(8).cell_id), 12u);
  EXPECT_THAT(sink_.answers, SizeIs(4 * 20));
  EXPECT_EQ(sink_.sessions_finished, 2);
  EXPECT_TRUE(sink_.finished);
  EXPECT_EQ(EndOf(4), Ended(Status::kOk, ""));
  EXPECT_EQ(sink_.trials[0].inter_token_ms.size(), 30u);
  EXPECT_DOUBLE_EQ(sink_.trials[0].DecodeTps(), 1000);
  EXPECT_DOUBLE_EQ(events_.back().fraction, 1);
}

TEST_F(RunSweepTest, CellThatKillsItsWorkerCostsOnlyItself) {
  prepare_ = [](ScriptedRunner& runner) {
    runner.on_generate = [](const GenerateRequest& request, GenerateResult&) {
      if (request.k == 4) {
        throw WorkerFailure(FailureKind::kCrashed, "crashed(SIGSEGV)", "generate", "");
      }
    };
  };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(EndOf(4), Ended(Status::kFailed, "crashed(SIGSEGV)"));
  EXPECT_EQ(EndOf(2), Ended(Status::kOk, ""));
  EXPECT_EQ(starts_, 3);
  EXPECT_EQ(TrialsOf(CellOf(2).cell_id), 6u);
}

TEST_F(RunSweepTest, EngineErrorLeavesTheWorkerRunning) {
  prepare_ = [](ScriptedRunner& runner) {
    runner.on_generate = [](const GenerateRequest& request, GenerateResult&) {
      if (request.k == 2) throw Error{"context is full", "prompt s1"};
    };
  };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(EndOf(2), Ended(Status::kFailed, "prompt s1: context is full"));
  EXPECT_EQ(starts_, 2);
}

TEST_F(RunSweepTest, IgnoredExpertCountIsInvalid) {
  prepare_ = [](ScriptedRunner& runner) {
    runner.on_generate = [](const GenerateRequest&, GenerateResult& result) {
      result.k_executed_min = result.k_executed_max = 8;
    };
  };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(EndOf(4), Ended(Status::kInvalid, "not_obeyed: asked k = 4, ran 8 to 8"));
  EXPECT_EQ(EndOf(8), Ended(Status::kOk, ""));
  EXPECT_EQ(TrialsOf(CellOf(4).cell_id), 1u);
}

TEST_F(RunSweepTest, PlacementThatIsNotGotIsInvalid) {
  prepare_ = [](ScriptedRunner& runner) { runner.proof.thread_cpus = {0, 0}; };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_THAT(EndOf(8), HasSubstr("not_obeyed"));
  EXPECT_TRUE(sink_.trials.empty());
}

TEST_F(RunSweepTest, ModelThatDoesNotLoadFailsItsCells) {
  prepare_ = [](ScriptedRunner& runner) {
    runner.on_load = [] { throw Error{"is truncated", "m.gguf"}; };
  };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(EndOf(8), Ended(Status::kFailed, "load: m.gguf: is truncated"));
  EXPECT_EQ(starts_, 1);
}

TEST_F(RunSweepTest, ThreeEqualCrashesEndTheModel) {
  prepare_ = [](ScriptedRunner& runner) {
    runner.on_generate = [](const GenerateRequest&, GenerateResult&) {
      throw WorkerFailure(FailureKind::kCrashed, "crashed(SIGILL)", "generate", "");
    };
  };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(starts_, 3);
  int skipped = 0;
  for (const auto& [id, end] : sink_.ended) {
    if (end.first != Status::kSkipped) continue;
    ++skipped;
    EXPECT_THAT(end.second, HasSubstr("circuit: 3 cells of this model in a row"));
  }
  EXPECT_EQ(skipped, 1);
}

TEST_F(RunSweepTest, AModelThatKeepsKillingItsWorkersIsStopped) {
  plan_ = PlanWith({7, 6, 5, 4, 3, 2, 1});
  int deaths = 0;
  prepare_ = [&](ScriptedRunner& runner) {
    runner.on_generate = [&deaths](const GenerateRequest& request, GenerateResult&) {
      if (request.k == 8) return;
      // Never the same twice in a row, and the baseline's trials succeed in between.
      const std::string reason = deaths % 2 == 0 ? "crashed(SIGSEGV)" : "crashed(SIGBUS)";
      ++deaths;
      throw WorkerFailure(FailureKind::kCrashed, reason, "generate", "");
    };
  };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(deaths, 6);
  EXPECT_THAT(EndOf(8), HasSubstr("circuit: 6 workers of this model died"));
}

TEST_F(RunSweepTest, Resume_RunsOnlyWhatIsMissing) {
  int requests = 0;
  prepare_ = [&](ScriptedRunner& runner) {
    runner.on_generate = [&](const GenerateRequest&, GenerateResult&) {
      if (++requests == 23) cancel_ = true;
    };
  };
  EXPECT_EQ(Run(), SweepEnd::kCancelled);
  EXPECT_FALSE(sink_.finished);
  EXPECT_TRUE(sink_.ended.empty());
  const size_t trials_before = sink_.trials.size();
  cancel_ = false;
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_TRUE(sink_.finished);
  EXPECT_EQ(TrialsOf(CellOf(4).cell_id), 6u);
  EXPECT_EQ(TrialsOf(CellOf(2).cell_id), 6u);
  EXPECT_THAT(sink_.answers, SizeIs(4 * 20));
  EXPECT_GT(trials_before, 0u);
  const size_t requests_of_a_finished_sweep = static_cast<size_t>(requests);
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(static_cast<size_t>(requests), requests_of_a_finished_sweep);
}

TEST_F(RunSweepTest, CancelInsideARequestKeepsTheCellOpen) {
  prepare_ = [](ScriptedRunner& runner) {
    runner.on_generate = [](const GenerateRequest&, GenerateResult&) {
      throw WorkerFailure(FailureKind::kInterrupted, "interrupted", "generate", "");
    };
  };
  EXPECT_EQ(Run(), SweepEnd::kCancelled);
  EXPECT_TRUE(sink_.ended.empty());
}

TEST_F(RunSweepTest, FullDiskStopsTheSweepAndKeepsWhatIsThere) {
  sink_.trials_until_full = 5;
  EXPECT_THROW(Run(), Error);
  EXPECT_THAT(sink_.trials, SizeIs(5));
  EXPECT_TRUE(sink_.ended.empty());
  sink_.trials_until_full = SIZE_MAX;
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(TrialsOf(CellOf(4).cell_id), 6u);
}

TEST_F(RunSweepTest, BudgetEndsTheSweepBetweenUnits) {
  plan_.spec.budget_s = 10;
  prepare_ = [this](ScriptedRunner& runner) {
    runner.on_generate = [this](const GenerateRequest&, GenerateResult&) { clock_s_ += 1; };
  };
  EXPECT_EQ(Run(), SweepEnd::kBudgetUsed);
  EXPECT_THAT(sink_.trials, SizeIs(5));
  EXPECT_FALSE(sink_.finished);
}

TEST_F(RunSweepTest, NothingIsBegunThatDoesNotFit) {
  plan_.spec.budget_s = 100;
  double longest_s = 0, last_end_s = 0;
  prepare_ = [&](ScriptedRunner& runner) {
    runner.on_generate = [&](const GenerateRequest&, GenerateResult&) {
      clock_s_ += 7;  // two prompts a trial: 14 s
      longest_s = 14;
      last_end_s = clock_s_;
    };
  };
  EXPECT_EQ(Run(), SweepEnd::kBudgetUsed);
  EXPECT_GT(last_end_s, 100 - 2 * longest_s) << "stopped too early";
  EXPECT_LE(last_end_s, 100) << "began what could not end in time";
}

TEST_F(RunSweepTest, WorkerThatCannotStartIsTriedAgainThenGivenUp) {
  environment_.start_worker = [this]() -> Worker {
    ++starts_;
    throw WorkerFailure(FailureKind::kSpawn, "spawn(no such file)", "start", "");
  };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(starts_, 3);
  EXPECT_EQ(EndOf(8), Ended(Status::kFailed, "load: spawn(no such file)"));
}

TEST_F(RunSweepTest, MoreSessionsUntilTheIntervalIsNarrow) {
  plan_.spec.max_sessions = 6;
  plan_.spec.interval = 0.02;
  int asked = 0;
  environment_.judge = [&] {
    ++asked;
    return std::vector<CellNeed>{{CellOf(4).cell_id, asked <= 2 ? 0.05 : 0.01, false},
                                 {CellOf(2).cell_id, 0.01, false}};
  };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(starts_, 4) << "two planned, two more";
  EXPECT_EQ(TrialsOf(CellOf(4).cell_id), 12u);
  EXPECT_EQ(TrialsOf(CellOf(2).cell_id), 6u);
  EXPECT_EQ(EndOf(4), Ended(Status::kOk, ""));
}

TEST_F(RunSweepTest, MoreSessionsEndAtTheCap) {
  plan_.spec.max_sessions = 3;
  environment_.judge = [&] { return std::vector<CellNeed>{{CellOf(4).cell_id, 0.5, false}}; };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(starts_, 3);
}

TEST_F(RunSweepTest, ASuspectIsLookedAtAgainBesideTheBaseline) {
  environment_.judge = [&] { return std::vector<CellNeed>{{CellOf(4).cell_id, 0.01, true}}; };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(starts_, 5) << "two planned, three for the second look";
  std::string order;  // of the third session
  for (const TrialRecord& trial : sink_.trials) {
    if (trial.session_id == 3) order += trial.cell_id == CellOf(4).cell_id ? 'B' : 'A';
  }
  EXPECT_EQ(order, "ABBAABBA");
  EXPECT_TRUE(sink_.sessions[2].rerun);
  EXPECT_FALSE(sink_.sessions[1].rerun);
}

TEST_F(RunSweepTest, ABudgetThatEndsInTheSecondLookLeavesNothingUndone) {
  plan_.spec.budget_s = 1e6;
  environment_.judge = [&] {
    clock_s_ = 2e6;
    return std::vector<CellNeed>{{CellOf(4).cell_id, 0.01, true}};
  };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_TRUE(sink_.finished);
  EXPECT_EQ(EndOf(4), Ended(Status::kOk, ""));
}

TEST_F(RunSweepTest, CancelledInTheSecondLookGoesOnThere) {
  environment_.judge = [&] { return std::vector<CellNeed>{{CellOf(4).cell_id, 0.01, true}}; };
  prepare_ = [&](ScriptedRunner& runner) {
    runner.on_generate = [&](const GenerateRequest&, GenerateResult&) { cancel_ |= starts_ == 4; };
  };
  EXPECT_EQ(Run(), SweepEnd::kCancelled);
  EXPECT_FALSE(sink_.finished);
  cancel_ = false;
  starts_ = 10;
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(starts_, 12) << "the second and third process of the second look";
}

}  // namespace
}  // namespace moebench
