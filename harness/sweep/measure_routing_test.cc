#include "harness/sweep/measure_routing.h"

#include <algorithm>

#include "harness/sweep/testing/run_sweep_fixture.h"
#include "runners/routing/packed_trace.h"
#include "runners/worker/worker_failure.h"

namespace moebench {
namespace {

// As the planned model: 32 experts in 2 layers, the first k of them for every token.
RoutingResult FirstExperts(int tokens, int k) {
  RoutingResult result{{.n_experts = 32, .n_layers = 2, .ids = {}, .begin = {0}}, k, k};
  for (int i = 0; i < 2 * tokens; ++i) {
    for (int expert = 0; expert < k; ++expert) result.trace.ids.push_back(expert);
    result.trace.begin.push_back(result.trace.ids.size());
  }
  return result;
}

class RoutingTest : public RunSweepTest {
 protected:
  RoutingTest() {
    prepare_ = [this](ScriptedRunner& runner) {
      runner.on_trace = [this](const RoutingRequest& request) {
        asked_.push_back(request);
        trials_before_ = sink_.trials.size();
        return answer_(request);
      };
    };
  }
  void SetUp() override {
    RunSweepTest::SetUp();
    plan_.models[0].abilities.capabilities.push_back(kTracesRouting);
  }
  int Notes(const std::string& about) const {
    return static_cast<int>(std::count_if(events_.begin(), events_.end(), [&](const auto& event) {
      return event.kind == SweepEvent::Kind::kNote && event.text.find(about) != std::string::npos;
    }));
  }
  std::vector<RoutingRequest> asked_;
  size_t trials_before_ = 0;
  std::function<RoutingResult(const RoutingRequest&)> answer_ = [](const RoutingRequest& request) {
    return FirstExperts(5, request.k);
  };
};

TEST_F(RoutingTest, OneTraceOfAModelIsRecordedBehindTheFirstSessionsTrials) {
  plan_.text = "Once upon a time.";
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  ASSERT_EQ(sink_.routings.size(), 1u);
  const RoutingRecord& r = sink_.routings[0];
  EXPECT_EQ(r.model_sha256, "abc");
  EXPECT_EQ(r.session_id, 1);
  EXPECT_EQ(r.k, 8);
  EXPECT_EQ(r.n_experts, 32);
  EXPECT_EQ(r.n_layers, 2);
  EXPECT_EQ(r.n_tokens, 5);
  EXPECT_EQ(UnpackRoutingTrace(r.experts, 32, 2, "").ids, FirstExperts(5, 8).trace.ids);
  ASSERT_EQ(asked_.size(), 1u);
  EXPECT_EQ(asked_[0].text, "Once upon a time.");
  EXPECT_EQ(asked_[0].max_tokens, 256);
  const auto of_first = std::count_if(sink_.trials.begin(), sink_.trials.end(),
                                      [](const auto& trial) { return trial.session_id == 1; });
  EXPECT_EQ(trials_before_, static_cast<size_t>(of_first)) << "no timed trial follows it";
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(asked_.size(), 1u) << "once is enough";
}

TEST_F(RoutingTest, WithoutATextTheSuitesPromptsAreTraced) {
  Run();
  ASSERT_EQ(asked_.size(), 1u);
  EXPECT_TRUE(asked_[0].text.starts_with("one\ntwo\n2+3?\n")) << asked_[0].text;
}

TEST_F(RoutingTest, OnlyRunnersThatCanAreAsked) {
  plan_ = PlanWith({4});
  Run();
  EXPECT_TRUE(asked_.empty());
  EXPECT_EQ(Notes("routing"), 0);
}

TEST_F(RoutingTest, AnEngineThatFailsAtItCostsANote) {
  answer_ = [](const RoutingRequest&) -> RoutingResult { throw Error{"no room", "engine"}; };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_TRUE(sink_.routings.empty());
  EXPECT_EQ(Notes("routing not traced: engine: no room"), 1);
  EXPECT_EQ(EndOf(8), Ended(Status::kOk, ""));
  EXPECT_EQ(starts_, 2);
}

TEST_F(RoutingTest, AWorkerThatDiesOfItCostsANoteAndAProcess) {
  answer_ = [](const RoutingRequest&) -> RoutingResult {
    throw WorkerFailure(FailureKind::kCrashed, "crashed(SIGSEGV)", "trace_routing", "");
  };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(Notes("routing not traced: crashed(SIGSEGV)"), 1);
  EXPECT_EQ(asked_.size(), 1u);
  EXPECT_EQ(starts_, 3);
  for (const int k : {8, 4, 2}) EXPECT_EQ(EndOf(k), Ended(Status::kOk, ""));
  EXPECT_EQ(sink_.answers.size(), 4u * 20);
}

TEST_F(RoutingTest, ATraceOfSomethingElseIsNotKept) {
  answer_ = [](const RoutingRequest&) { return FirstExperts(5, 7); };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_TRUE(sink_.routings.empty());
  EXPECT_EQ(Notes("at k = 7 to 7 of 32 experts in 2 layers, not of at most 256 at 8"), 1);
}

}  // namespace
}  // namespace moebench
