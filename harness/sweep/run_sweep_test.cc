#include "harness/sweep/run_sweep.h"

#include <gmock/gmock.h>

#include "harness/base/error.h"
#include "harness/sweep/testing/run_sweep_fixture.h"
#include "runners/worker/worker_failure.h"

namespace moebench {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

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

TEST_F(RunSweepTest, TheModelIsLoadedWithTheAskedKvType) {
  plan_.spec.kv = "q8_0";
  std::vector<KvType> asked;
  prepare_ = [&](ScriptedRunner& runner) {
    runner.on_request = [&](const LoadRequest& request) { asked.push_back(request.kv); };
  };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_THAT(asked, testing::ElementsAre(KvType::kQ8_0, KvType::kQ8_0));
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

}  // namespace
}  // namespace moebench
