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

}  // namespace
}  // namespace moebench
