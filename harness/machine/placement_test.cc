#include "harness/machine/placement.h"

#include <gmock/gmock.h>

namespace moebench {
namespace {

using testing::HasSubstr;

PlacementPlan Interleave(std::vector<int> nodes) {
  return {.policy = "interleave", .thread_cpus = {0, 1}, .memory_nodes = std::move(nodes)};
}
PlacementProof Proof(std::map<int, int64_t> pages) {
  PlacementProof proof;
  proof.pages_per_node = std::move(pages);
  proof.thread_cpus = {0, 1};
  return proof;
}

TEST(PlacementMismatch, EvenSharesWithinFivePercentAreObeyed) {
  EXPECT_EQ(PlacementMismatch(Interleave({0, 1}), Proof({{0, 549}, {1, 451}}), 2), "");
  EXPECT_THAT(PlacementMismatch(Interleave({0, 1}), Proof({{0, 560}, {1, 440}}), 2),
              HasSubstr("node 0 holds 56.0 %"));
}

TEST(PlacementMismatch, AnEmptyNodeAmongManyIsSeen) {
  std::vector<int> nodes;
  std::map<int, int64_t> pages;
  for (int node = 0; node < 24; ++node) {
    nodes.push_back(node);
    if (node != 7) pages[node] = 100;
  }
  EXPECT_THAT(PlacementMismatch(Interleave(nodes), Proof(pages), 24),
              HasSubstr("node 7 holds 0.0 %"));
}

TEST(PlacementMismatch, LocalToleratesFivePercentElsewhere) {
  const PlacementPlan local{.policy = "local", .thread_cpus = {0, 1}, .memory_nodes = {1}};
  EXPECT_EQ(PlacementMismatch(local, Proof({{0, 50}, {1, 950}}), 2), "");
  EXPECT_THAT(PlacementMismatch(local, Proof({{0, 60}, {1, 940}}), 2), HasSubstr("6.0 %"));
}

TEST(PlacementMismatch, NothingResidentIsNoProof) {
  EXPECT_THAT(PlacementMismatch(Interleave({0}), Proof({}), 1), HasSubstr("no page"));
}

TEST(PlacementMismatch, ThreadsMustBeWhereTheyWereAsked) {
  PlacementProof proof = Proof({{0, 1000}});
  proof.thread_cpus = {0, -1};
  EXPECT_THAT(PlacementMismatch(Interleave({0}), proof, 1), HasSubstr("thread 1"));
  proof.thread_cpus = {0};
  EXPECT_THAT(PlacementMismatch(Interleave({0}), proof, 1), HasSubstr("2 pinned threads"));
  proof.unavailable = "move_pages: Operation not permitted";
  EXPECT_THAT(PlacementMismatch(Interleave({0}), proof, 1), HasSubstr("2 pinned threads"));
}

TEST(PlacementMismatch, UnavailableProofIsEnoughOnOneNodeOnly) {
  PlacementProof proof = Proof({});
  proof.unavailable = "move_pages: Operation not permitted";
  EXPECT_EQ(PlacementMismatch(Interleave({0}), proof, 1), "");
  EXPECT_THAT(PlacementMismatch(Interleave({0, 1}), proof, 2), HasSubstr("not permitted"));
}

TEST(PlacementMismatch, WeightedSharesAreThoseOfTheWeights) {
  PlacementPlan plan = Interleave({0, 8});
  plan.policy = "weighted-interleave:0=4+8=1";
  plan.node_weights = {4, 1};
  EXPECT_EQ(PlacementMismatch(plan, Proof({{0, 800}, {8, 200}}), 9), "");
  EXPECT_THAT(PlacementMismatch(plan, Proof({{0, 500}, {8, 500}}), 9),
              HasSubstr("weighted-interleave asks for 80.0 %"));
}

PlacementPlan Shard() {
  return {.policy = "row-shard/l3",
          .thread_cpus = {0, 1},
          .memory_nodes = {0, 1},
          .thread_nodes = {0, 1}};
}

TEST(PlacementMismatch, RowsMustBeOnTheNodeOfTheirThreads) {
  PlacementProof proof = Proof({{0, 500}, {1, 500}});
  proof.parts = {{.what = "weights", .node = 0, .pages_per_node = {{0, 400}}},
                 {.what = "weights", .node = 1, .pages_per_node = {{1, 400}}},
                 {.what = "kv cache", .pages_per_node = {{0, 100}, {1, 100}}}};
  EXPECT_EQ(PlacementMismatch(Shard(), proof, 2), "");
  proof.parts[1].pages_per_node = {{0, 100}, {1, 300}};
  EXPECT_THAT(PlacementMismatch(Shard(), proof, 2),
              HasSubstr("of the rows of node 1's threads 75.0 % are on that node"));
  proof.parts.pop_back();
  proof.parts.pop_back();
  EXPECT_THAT(PlacementMismatch(Shard(), proof, 2), HasSubstr("nothing says where"));
}

TEST(PlacementMismatch, NoneAcceptsWhateverTheKernelDid) {
  PlacementPlan plan = Interleave({0, 1});
  plan.policy = "none";
  EXPECT_EQ(PlacementMismatch(plan, Proof({{3, 1000}}), 4), "");
}

}  // namespace
}  // namespace moebench
