#include "harness/machine/node_bandwidth.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "harness/base/error.h"

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

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
