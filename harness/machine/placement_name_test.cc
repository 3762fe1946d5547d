#include "harness/machine/placement_name.h"

#include <gmock/gmock.h>

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string Refusal(const std::string& name) {
  try {
    ParsePlacementName(name);
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kConfig);
    return error.what();
  }
}

TEST(PlacementName, APolicyAloneIsAName) {
  for (const std::string& policy : KnownPolicies()) {
    const PlacementName name = ParsePlacementName(policy);
    EXPECT_EQ(name.policy, policy);
    EXPECT_THAT(name.nodes, IsEmpty());
    EXPECT_EQ(name.layout, ThreadLayout::kPerCore);
  }
}

TEST(PlacementName, NodesAndThreadsFollowThePolicy) {
  const PlacementName name = ParsePlacementName("interleave:8+0-3/l3");
  EXPECT_THAT(name.nodes, ElementsAre(0, 1, 2, 3, 8));
  EXPECT_EQ(name.layout, ThreadLayout::kPerL3);
  EXPECT_EQ(ParsePlacementName("row-shard/smt").layout, ThreadLayout::kPerCpu);
  EXPECT_EQ(ParsePlacementName("row-shard/core").layout, ThreadLayout::kPerCore);
  EXPECT_EQ(ParsePlacementName("local:2/6").per_node, 6);
}

TEST(PlacementName, WeightsStandBesideTheirNodes) {
  const PlacementName name = ParsePlacementName("weighted-interleave:8=1+0-1=4");
  EXPECT_THAT(name.nodes, ElementsAre(0, 1, 8));
  EXPECT_THAT(name.weights, ElementsAre(4, 4, 1));
  EXPECT_THAT(ParsePlacementName("weighted-interleave:0-1").weights, IsEmpty());
}

TEST(PlacementName, ExpertsGoByARoutingTrace) {
  const PlacementName name = ParsePlacementName("expert-shard:0-1/2@load=/a/b:c=d.routing");
  EXPECT_THAT(name.nodes, ElementsAre(0, 1));
  EXPECT_EQ(name.per_node, 2);
  EXPECT_EQ(name.experts, "load");
  EXPECT_EQ(name.trace, "/a/b:c=d.routing");
  EXPECT_EQ(ParsePlacementName("expert-shard@apart=t").experts, "apart");
}

TEST(PlacementName, NodesAboveSixtyFourAreNodes) {
  EXPECT_THAT(ParsePlacementName("interleave:70+1023").nodes, ElementsAre(70, 1023));
}

TEST(PlacementName, RefusesInOneSentence) {
  EXPECT_THAT(Refusal("intreleave:0-3"), HasSubstr("did you mean 'interleave'?"));
  EXPECT_THAT(Refusal("interleave:"), HasSubstr("names no nodes"));
  EXPECT_THAT(Refusal("interleave:3-1"), HasSubstr("names no nodes"));
  EXPECT_THAT(Refusal("interleave:0,1"), HasSubstr("names no nodes"));
  EXPECT_THAT(Refusal("interleave:0-2+1"), HasSubstr("node 1 stands there twice"));
  EXPECT_THAT(Refusal("interleave:0=2"), HasSubstr("only weighted-interleave"));
  EXPECT_THAT(Refusal("weighted-interleave:0=2+1"), HasSubstr("node 1 has no weight"));
  EXPECT_THAT(Refusal("weighted-interleave:0=256"), HasSubstr("1..255"));
  EXPECT_THAT(Refusal("interleave/fast"), HasSubstr("no layout of threads"));
  EXPECT_THAT(Refusal("interleave/0"), HasSubstr("no layout of threads"));
  EXPECT_THAT(Refusal("local:0-1"), HasSubstr("one node"));
  EXPECT_THAT(Refusal("row-shard@load=t"), HasSubstr("only expert-shard"));
  EXPECT_THAT(Refusal("expert-shard@load"), HasSubstr("'@load' is no rule"));
  EXPECT_THAT(Refusal("expert-shard@load="), HasSubstr("no rule for experts"));
  EXPECT_THAT(Refusal("expert-shard@even=t"), HasSubstr("no rule for experts"));
  EXPECT_THAT(Refusal("none:1"), HasSubstr("none leaves the nodes to the kernel"));
}

TEST(PlacementName, AutoStandsForWhatIsProposedWhereverItStands) {
  const std::vector<std::string> proposed = {"row-shard", "interleave", "local"};
  EXPECT_EQ(ExpandAuto({}, proposed), proposed);
  EXPECT_EQ(ExpandAuto({"auto"}, proposed), proposed);
  EXPECT_THAT(ExpandAuto({"none", "local", "auto", "none"}, proposed),
              testing::ElementsAre("none", "local", "row-shard", "interleave"));
  EXPECT_THAT(ExpandAuto({"none"}, proposed), testing::ElementsAre("none"));
}

TEST(PlacementName, ThePolicyIsKnownWhateverFollowsIt) {
  EXPECT_EQ(PolicyOf("interleave:0-3/l3"), "interleave");
  EXPECT_EQ(PolicyOf("row-shard/2"), "row-shard");
  EXPECT_EQ(PolicyOf("local"), "local");
  EXPECT_EQ(PolicyOf("expert-shard@load=a/b:c"), "expert-shard");
}

}  // namespace
}  // namespace moebench
