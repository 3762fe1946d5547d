#include "runners/routing/expert_nodes.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "harness/base/error.h"

namespace moebench {
namespace {

using testing::ElementsAre;

constexpr ExpertRule kAllRules[] = {ExpertRule::kRoundRobin, ExpertRule::kByLoad,
                                    ExpertRule::kAgainstCoActivation};

TEST(AssignExperts, EveryNodeHoldsTheSameNumberOrOneMore) {
  const RoutingTrace trace =
      ParseRoutingTrace("moebench-routing/1 experts=11 layers=1\n0 1 2\n0 1 3\n0 9 10\n", "t");
  for (const ExpertRule rule : kAllRules) {
    for (const int nodes : {1, 2, 3, 4, 11, 16}) {
      const std::vector<int> node_of = AssignExperts(rule, trace, 0, nodes);
      ASSERT_EQ(node_of.size(), 11u);
      for (int node = 0; node < nodes; ++node) {
        const auto held = std::count(node_of.begin(), node_of.end(), node);
        EXPECT_GE(held, 11 / nodes);
        EXPECT_LE(held, 11 / nodes + 1);
      }
    }
  }
}

TEST(AssignExperts, RoundRobinGoesByNumber) {
  const RoutingTrace trace = ParseRoutingTrace("moebench-routing/1 experts=5 layers=1\n0\n", "t");
  EXPECT_THAT(AssignExperts(ExpertRule::kRoundRobin, trace, 0, 2), ElementsAre(0, 1, 0, 1, 0));
}

TEST(AssignExperts, ByLoadParksTheHeavyOnesApart) {
  const RoutingTrace trace =
      ParseRoutingTrace("moebench-routing/1 experts=4 layers=1\n0\n0\n0\n2\n2\n1\n3\n", "t");
  const std::vector<int> node_of = AssignExperts(ExpertRule::kByLoad, trace, 0, 2);
  EXPECT_NE(node_of[0], node_of[2]);
}

TEST(AssignExperts, RefusesNoNodesAndLayersThatAreNotThere) {
  const RoutingTrace trace = ParseRoutingTrace("moebench-routing/1 experts=2 layers=1\n0\n", "t");
  EXPECT_THROW(AssignExperts(ExpertRule::kByLoad, trace, 0, 0), Error);
  EXPECT_THROW(AssignExperts(ExpertRule::kByLoad, trace, 1, 2), Error);
}

}  // namespace
}  // namespace moebench
