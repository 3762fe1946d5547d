#include "harness/machine/node_bandwidth.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "harness/base/error.h"

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Topology TwoNodes() { return ReadTopology(Synthetic("numa:2 l3:2 core:2 pu:2")); }

long CountOf(const std::vector<BandwidthRow>& rows, BandwidthRow::Kind kind) {
  return std::count_if(rows.begin(), rows.end(), [&](const auto& row) { return row.kind == kind; });
}

TEST(NodeBandwidth, EveryPairEveryCacheAndAllTogetherAreAsked) {
  const std::vector<BandwidthRow> rows = PlanBandwidthRows(TwoNodes());
  EXPECT_EQ(CountOf(rows, BandwidthRow::Kind::kNodePair), 4);
  EXPECT_EQ(CountOf(rows, BandwidthRow::Kind::kL3), 4);
  EXPECT_EQ(CountOf(rows, BandwidthRow::Kind::kAll), 1);
  EXPECT_THAT(rows[1].probe.cpus, ElementsAre(0, 2, 4, 6));  // one cpu of each core of node 0
  EXPECT_EQ(rows[1].probe.memory_node, 1);
  EXPECT_EQ(rows.back().probe.cpus.size(), 8u);
}

TEST(NodeBandwidth, NodesThatMayNotBeUsedAreLeftOut) {
  const auto rows = PlanBandwidthRows(Restrict(TwoNodes(), {0, 1}, {1}));
  EXPECT_EQ(CountOf(rows, BandwidthRow::Kind::kNodePair), 1);
  EXPECT_THAT(rows[0].probe.cpus, ElementsAre(0));
  EXPECT_EQ(rows[0].node, 1);
}

TEST(NodeBandwidth, WhatFailsIsSaidAndCostsTheOthersNothing) {
  const auto rows = MeasureRows(PlanBandwidthRows(TwoNodes()), [](const BandwidthProbe& probe) {
    if (probe.memory_node == 1) throw Error{"node 1 was refused", "placement"};
    return Bandwidth{.memory_gbps = 12.5};
  });
  const std::string drawing = DrawBandwidth(rows);
  EXPECT_THAT(drawing, HasSubstr("     0    12.5       -\n"));
  EXPECT_THAT(drawing, HasSubstr("cores of one L3, near memory 12.5 to 12.5"));
  EXPECT_THAT(drawing, HasSubstr("not measured: placement: node 1 was refused"));
}

// Rows of an L3 each, of two cores, with these figures.
std::vector<BandwidthRow> L3Rows(const std::vector<std::pair<double, double>>& gbps) {
  std::vector<BandwidthRow> rows;
  for (const auto& [memory, cache] : gbps) {
    const int first = 2 * static_cast<int>(rows.size());
    rows.push_back({.kind = BandwidthRow::Kind::kL3,
                    .from = first / 2,
                    .probe = {.cpus = {first, first + 1}},
                    .gbps = memory,
                    .cache_gbps = cache});
  }
  return rows;
}

TEST(NodeBandwidth, AnL3ThatIsMoreThanATenthBelowItsPeersIsNamed) {
  const std::string drawing = DrawBandwidth(L3Rows({{30, 200}, {31, 210}, {24, 205}, {29, 150}}));
  EXPECT_THAT(drawing, HasSubstr("cores of one L3, near memory 24.0 to 31.0\n"
                                 "    L3 of cpus 4-5, near memory 24.0: 20.0 % below"));
  EXPECT_THAT(drawing, HasSubstr("L3 of cpus 6-7, out of the cache 150.0: 26.8 % below"));
  EXPECT_THAT(drawing, Not(HasSubstr("cpus 0-1")));
  EXPECT_THAT(drawing, Not(HasSubstr("cpus 2-3")));
}

TEST(NodeBandwidth, AnL3WithFewerCoresIsNoPeer) {
  std::vector<BandwidthRow> rows = L3Rows({{30, 200}, {31, 210}, {15, 100}});
  rows[2].probe.cpus = {4};
  EXPECT_THAT(DrawBandwidth(rows), Not(HasSubstr("below the others")));
  EXPECT_THAT(DrawBandwidth(L3Rows({{10, 20}})), Not(HasSubstr("below the others")));
}

TEST(NodeBandwidth, CachesAreReadFromHalfOfThemselves) {
  Topology topology = TwoNodes();
  for (CacheGroup& group : topology.l3_groups) group.bytes = 32 << 20;
  const std::vector<BandwidthRow> rows = PlanBandwidthRows(topology);
  const BandwidthRow& l3 = rows[4];
  EXPECT_EQ(l3.kind, BandwidthRow::Kind::kL3);
  EXPECT_EQ(l3.probe.cache_bytes_per_thread, size_t{8} << 20);
  EXPECT_GT(l3.probe.cache_ms, 0);
  EXPECT_EQ(rows.back().probe.cache_ms, 0);  // of several caches each has its own row
}

TEST(NodeBandwidth, WhereOneL3ServesAllItsRowIsTheMachines) {
  const auto rows = PlanBandwidthRows(ReadTopology(Synthetic("numa:1 l3:1 core:2 pu:1")));
  EXPECT_EQ(CountOf(rows, BandwidthRow::Kind::kL3), 0);
  EXPECT_EQ(rows.back().kind, BandwidthRow::Kind::kAll);
  EXPECT_EQ(rows.back().from, 0);
  EXPECT_GT(rows.back().probe.cache_ms, 0);
}

TEST(NodeBandwidth, ABufferCanLieOnANamedNode) {
  const Topology topology = ReadTopology(ThisMachine());
  const BandwidthProbe probe{.cpus = {topology.allowed_cpus.front()},
                             .memory_bytes_per_thread = size_t{16} << 20,
                             .memory_ms = 5,
                             .cache_ms = 0,
                             .memory_node = topology.allowed_nodes.front()};
  const Bandwidth result = MeasureReadBandwidth(probe);
  if (!result.unavailable.empty()) GTEST_SKIP() << result.unavailable;
  EXPECT_GT(result.memory_gbps, 0);
  EXPECT_EQ(result.cache_gbps, 0);
}

}  // namespace
}  // namespace moebench
