// Which placement won and why, and what bounds each setting.
#include "results/numa_section.h"

#include <gmock/gmock.h>

#include "results/report_numa.h"
#include "results/testing/placements.h"

namespace moebench {
namespace {

using ::testing::AllOf;
using testing::CellAt;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

TEST(NumaSection, SaysWhichWonByHowMuchAndWhy) {
  ModelView model = testing::ModelWith(
      {CellAt("interleave", 10, 9.8, 10.2), CellAt("row-shard", 20, 19.5, 20.5)});
  model.cells[0].numa.bound = {.kind = BoundKind::kReading, .word = "memory-bound", .why = "why"};
  model.cells[0].numa.remote_share = 0.5;
  model.cells[1].numa.wait = 0.04;
  const ReportSection section = NumaSection(model);
  ASSERT_THAT(section.notes, SizeIs(1));
  EXPECT_EQ(section.notes[0],
            "row-shard, 8 threads won with 20.00 tokens/s, 2.00 times those of interleave, 8 "
            "threads. It: memory-bound, 4 % waiting. The next: memory-bound, 50 % of the weights "
            "from other nodes.");
}

TEST(NumaSection, IntervalsThatOverlapAreNoVictory) {
  const ModelView model =
      testing::ModelWith({CellAt("interleave", 10, 9, 11), CellAt("row-shard", 10.5, 9.5, 11.5)});
  EXPECT_THAT(WinnerInWords(model), AllOf(HasSubstr("row-shard, 8 threads was ahead"),
                                          HasSubstr("it is not told that it is faster")));
}

TEST(NumaSection, OneSampleWinsNothing) {
  ModelView model =
      testing::ModelWith({CellAt("interleave", 10, 10, 10), CellAt("row-shard", 20, 20, 20)});
  for (CellView& cell : model.cells) cell.decode_tps.n = 1;
  EXPECT_THAT(WinnerInWords(model), Not(HasSubstr("won")));
}

TEST(NumaSection, OnePlacementAloneHasNoWinner) {
  const ModelView model = testing::ModelWith({CellAt("interleave", 10, 9, 11)});
  EXPECT_EQ(WinnerInWords(model), "");
  const ReportSection section = NumaSection(model);
  EXPECT_THAT(section.notes, SizeIs(0));
  EXPECT_THAT(section.table.rows, SizeIs(1));
}

TEST(NumaSection, OtherExpertCountsAndControlsAreNoRivals) {
  CellView fewer = CellAt("row-shard", 99, 98, 100);
  fewer.record.cell.k = 4;
  CellView control = CellAt("interleave", 50, 49, 51);
  control.record.cell.control = 1;
  const ModelView model = testing::ModelWith({CellAt("interleave", 10, 9, 11), fewer, control});
  EXPECT_EQ(WinnerInWords(model), "");
}

TEST(NumaSection, WhatNobodyMeasuredIsSaidNotToBe) {
  CellView cell = CellAt("interleave", 10, 9, 11);
  cell.bytes_per_token = cell.bandwidth_gbps = 0;
  const ReportSection section = NumaSection(testing::ModelWith({cell}));
  ASSERT_THAT(section.table.rows, SizeIs(1));
  for (const size_t column : {1u, 2u, 3u, 4u}) {
    EXPECT_EQ(section.table.rows[0].entries[column].value, "not measured") << column;
  }
  CellView unknown = CellAt("interleave", 10, 9, 11);
  unknown.numa.bound = {};
  EXPECT_TRUE(NumaSection(testing::ModelWith({unknown})).table.empty());
}

TEST(NumaSection, SeveralInstancesAreToldWithTheRateOfOneText) {
  CellView two = CellAt("replicate", 40, 39, 41);
  two.record.cell.instances = 2;
  two.numa.instances = {{.where = "", .tps = 20}, {.where = "", .tps = 20}};
  const ModelView model = testing::ModelWith({CellAt("interleave", 10, 9, 11), two});
  EXPECT_THAT(WinnerInWords(model), HasSubstr("2 texts at once: replicate, 2 x"));
  EXPECT_THAT(WinnerInWords(model), HasSubstr("; each: 20.00 tokens/s, x2.00 of the baseline's"));
}

}  // namespace
}  // namespace moebench
