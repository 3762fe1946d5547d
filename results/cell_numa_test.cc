#include "results/cell_numa.h"

#include <gmock/gmock.h>

#include "results/analysis.h"
#include "results/report_numa.h"
#include "results/testing/sweep_rows.h"

namespace moebench {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

const CellView& CellOf(const SweepView& view, const std::string& placement) {
  for (const CellView& cell : view.models[0].cells) {
    if (cell.record.cell.placement == placement) return cell;
  }
  throw std::runtime_error("no such cell");
}

// The trials of every session of this placement become those of two instances at once, of which
// the second has so much of the first's rate.
void MakeTwo(SweepRows& rows, const std::string& placement, double second) {
  std::string id;
  for (CellRecord& cell : rows.cells) {
    if (cell.cell.placement != placement) continue;
    cell.cell.instances = 2;
    id = cell.cell_id;
  }
  for (SessionRecord& session : rows.sessions) {
    if (session.placement != placement) continue;
    session.instances = 2;
    session.remote_share = 0.5;
    session.asked_json = R"([{"policy":"local:0","thread_cpus":[0],"memory_nodes":[0]},)"
                         R"({"policy":"local:1","thread_cpus":[1],"memory_nodes":[1]}])";
  }
  for (TrialRecord* trial : TrialsOf(rows, id)) {
    const auto tokens = static_cast<int64_t>(trial->inter_token_ms.size());
    trial->instances = {
        {.timed_tokens = tokens, .prefill_ms = 1, .decode_ms = trial->decode_ms},
        {.timed_tokens = tokens, .prefill_ms = 1, .decode_ms = trial->decode_ms / second}};
    trial->overlap = 0.98;
  }
}

TEST(CellNuma, InstancesHaveRatesFairnessAndOverlap) {
  SweepRows rows =
      SweepOf({{.k = 8, .tps = 50, .baseline = true}, {.k = 8, .tps = 40, .placement = "local"}});
  MakeTwo(rows, "local", 0.5);
  const SweepView view = Analyse(rows, {});
  const CellView& two = CellOf(view, "local");
  EXPECT_NEAR(two.decode_tps.median, 60, 1);  // 40 + 20
  ASSERT_THAT(two.numa.instances, SizeIs(2));
  EXPECT_NEAR(two.numa.instances[0].tps, 40, 1);
  EXPECT_EQ(two.numa.instances[1].where, "cpu 1, node 1");
  EXPECT_NEAR(two.numa.jain, 0.9, 1e-9);
  EXPECT_NEAR(two.numa.min_over_max, 0.5, 1e-9);
  EXPECT_EQ(two.numa.overlap, 0.98);
  EXPECT_EQ(two.numa.remote_share, 0.5);
  EXPECT_THAT(InstancesInWords(two), testing::ContainsRegex("2 instances at once: (39|40)"));
  EXPECT_EQ(InstancesInWords(CellOf(view, "interleave")), "");
}

TEST(CellNuma, WaitingAndTheProbeMakeTheBound) {
  SweepRows rows = SweepOf({{.k = 8, .tps = 50, .baseline = true}});
  for (TrialRecord& trial : rows.trials) trial.decode_wait = WaitRecord{0.55, 0.8};
  for (TrialRecord& trial : rows.trials) trial.bytes_per_token = 100e6;  // 5 GB/s
  for (SessionRecord& session : rows.sessions) {
    session.read_bandwidth_gbps = 20;
    session.cache_bandwidth_gbps = 200;
  }
  const SweepView view = Analyse(rows, {});
  const CellView& cell = view.models[0].cells[0];
  EXPECT_EQ(cell.numa.bound.word, "synchronisation-bound");
  EXPECT_NEAR(cell.numa.bound.read, 0.25, 0.01);
  EXPECT_EQ(cell.numa.wait_most, 0.8);
  EXPECT_EQ(TimeBoundInWords(cell), "synchronisation-bound (waiting 55 %)");
}

TEST(CellNuma, WhatSeveralWriteTogetherIsToldBesideTheWinnerOfOneText) {
  SweepRows rows =
      SweepOf({{.k = 8, .tps = 50, .baseline = true}, {.k = 8, .tps = 40, .placement = "local"}});
  MakeTwo(rows, "local", 1);
  const SweepView view = Analyse(rows, {});
  const std::string winner = WinnerInWords(view.models[0]);
  EXPECT_THAT(winner, testing::ContainsRegex("2 texts at once: local, 2 x 2 threads gave (79|80)"));
  EXPECT_THAT(winner, HasSubstr("1.60 times those of one text with interleave, 2 threads"));
  EXPECT_THAT(winner, HasSubstr("x0.80 of the baseline's, fairness 1.00"));
  EXPECT_THAT(winner, HasSubstr("50 % of the weights from other nodes"));
}

TEST(CellNuma, OnePlacementHasNoWinner) {
  const SweepView view = Analyse(SweepOf({{.k = 8, .tps = 50, .baseline = true}}), {});
  EXPECT_EQ(WinnerInWords(view.models[0]), "");
}

}  // namespace
}  // namespace moebench
