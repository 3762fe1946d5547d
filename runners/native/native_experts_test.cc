#include "runners/native/native_experts.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "harness/base/error.h"

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Two layers with four experts, one without.
Hyper SomeHyper() {
  Hyper hyper;
  hyper.n_experts = 4;
  hyper.layers.resize(3);
  hyper.layers[0].feed_forward = FeedForward::kDense;
  hyper.layers[1].feed_forward = hyper.layers[2].feed_forward = FeedForward::kExperts;
  return hyper;
}

PlacementPlan Plan(const std::string& policy) {
  return {.policy = policy,
          .thread_cpus = {4, 5, 6, 7},
          .memory_nodes = {2, 5},
          .thread_nodes = {5, 5, 2, 2}};
}

class NativeExperts : public testing::Test {
 protected:
  NativeExperts() {
    std::ofstream(trace_) << "moebench-routing/1 experts=4 layers=2\n0 1;2 3\n0 1;2 3\n0 2;0 1\n";
  }
  ~NativeExperts() override { std::remove(trace_.c_str()); }
  std::string Refusal(const PlacementPlan& plan, const Hyper& hyper) {
    try {
      ExpertsOn(plan, hyper);
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  }
  const std::string trace_ = testing::TempDir() + "native_experts_test." +
                             std::to_string(getpid()) + ".routing";  // others run beside it
};

TEST_F(NativeExperts, OtherPoliciesLeaveThemSplitByRows) {
  EXPECT_TRUE(ExpertsOn(Plan("row-shard"), SomeHyper()).empty());
  EXPECT_TRUE(DraftExpertsOn(Plan("interleave"), SomeHyper()).empty());
}

TEST_F(NativeExperts, GoToTheNodesInTurn) {
  const ExpertSplit split = ExpertsOn(Plan("expert-shard/2"), SomeHyper());
  EXPECT_THAT(split.group_of_thread, ElementsAre(1, 1, 0, 0));  // nodes 2, 5
  EXPECT_THAT(split.group_of_expert, ElementsAre(ElementsAre(0, 1, 0, 1), ElementsAre(0, 1, 0, 1)));
}

TEST_F(NativeExperts, ByATraceThoseUsedTogetherLieApart) {
  const ExpertSplit split = ExpertsOn(Plan("expert-shard@apart=" + trace_), SomeHyper());
  EXPECT_NE(split.group_of_expert[0][0], split.group_of_expert[0][1]);
  EXPECT_NE(split.group_of_expert[1][2], split.group_of_expert[1][3]);
  const ExpertSplit load = ExpertsOn(Plan("expert-shard@load=" + trace_), SomeHyper());
  EXPECT_NE(load.group_of_expert[0][0], load.group_of_expert[0][1]);  // the two most used
}

TEST_F(NativeExperts, OfADraftNoTraceTells) {
  const PlacementPlan plan = Plan("expert-shard@apart=" + trace_);
  EXPECT_THAT(DraftExpertsOn(plan, SomeHyper()).group_of_expert[0], ElementsAre(0, 1, 0, 1));
  EXPECT_TRUE(DraftExpertsOn(plan, Hyper{}).empty());
}

TEST_F(NativeExperts, RefusesWhatDoesNotFit) {
  EXPECT_THAT(Refusal(Plan("expert-shard"), Hyper{}), HasSubstr("has no experts"));
  Hyper other = SomeHyper();
  other.n_experts = 5;
  EXPECT_THAT(Refusal(Plan("expert-shard@load=" + trace_), other),
              HasSubstr("the trace is of 4 experts in 2 layers, the model has 5 in 2"));
  EXPECT_THAT(Refusal(Plan("expert-shard@load=/nowhere"), SomeHyper()), HasSubstr("/nowhere"));
  PlacementPlan plan = Plan("expert-shard");
  plan.thread_nodes = {};
  EXPECT_THAT(Refusal(plan, SomeHyper()), HasSubstr("no node for each thread"));
}

}  // namespace
}  // namespace moebench
