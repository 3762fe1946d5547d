#include "harness/machine/remote_share.h"

#include <gtest/gtest.h>

#include "harness/machine/placement_plan.h"
#include "harness/machine/topology.h"

namespace moebench {
namespace {

Topology TwoNodes() { return ReadTopology(Synthetic("numa:2 l3:1 core:2 pu:1")); }

TEST(RemoteShare, InterleaveOverTwoNodesReadsHalfFromTheOther) {
  const Topology topology = TwoNodes();
  const PlacementPlan plan = PlanPlacement(topology, "interleave", 0);
  const PlacementProof proof{.parts = {{.what = "weights", .pages_per_node = {{0, 50}, {1, 50}}}}};
  EXPECT_DOUBLE_EQ(RemoteShare(plan, proof).value(), 0.5);
}

TEST(RemoteShare, LocalReadsNothingFromTheOther) {
  const Topology topology = TwoNodes();
  const PlacementPlan plan = PlanPlacement(topology, "local:1", 0);
  const PlacementProof proof{.parts = {{.what = "weights", .pages_per_node = {{1, 90}}},
                                       {.what = "kv cache", .pages_per_node = {{0, 500}}}}};
  EXPECT_DOUBLE_EQ(RemoteShare(plan, proof).value(), 0);
}

TEST(RemoteShare, RowsOfOwnThreadsAreNearAndWhatAllReadIsNot) {
  const Topology topology = TwoNodes();
  const PlacementPlan plan = PlanPlacement(topology, "row-shard", 0);
  PlacementProof proof{.parts = {{.what = "weights", .node = 0, .pages_per_node = {{0, 40}}},
                                 {.what = "weights", .node = 1, .pages_per_node = {{1, 40}}},
                                 {.what = "shared weights", .pages_per_node = {{0, 20}}}}};
  EXPECT_DOUBLE_EQ(RemoteShare(plan, proof).value(), 0.1);
  proof.parts[1].pages_per_node = {{0, 40}};  // rows of node 1's threads lie on node 0
  EXPECT_DOUBLE_EQ(RemoteShare(plan, proof).value(), 0.5);
}

TEST(RemoteShare, WithoutPagesNothingIsSaid) {
  const Topology topology = TwoNodes();
  const PlacementPlan plan = PlanPlacement(topology, "interleave", 0);
  EXPECT_FALSE(RemoteShare(plan, {}).has_value());
  const PlacementProof proof{.parts = {{.what = "weights", .pages_per_node = {{0, 9}}}}};
  EXPECT_FALSE(RemoteShare({.thread_cpus = {0}}, proof).has_value());  // nobody knows where
  EXPECT_FALSE(RemoteShare(plan, {.parts = {{.what = "weights"}}}).has_value());
}

}  // namespace
}  // namespace moebench
