#include "results/report_sections.h"

#include <gmock/gmock.h>

#include <cmath>

#include "results/latency_sections.h"
#include "results/placement_sections.h"
#include "results/router_section.h"
#include "results/testing/sample_view.h"
#include "results/trend_section.h"

namespace moebench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(ReportSections, EveryRowHasAnEntryForEveryColumn) {
  const SweepView view = testing::SampleView();
  for (const ReportSection& section : SectionsOf(view.models[0], view)) {
    EXPECT_FALSE(section.table.empty()) << section.title;
    for (const TextTable::Row& row : section.table.rows) {
      EXPECT_EQ(row.entries.size() + 1, section.table.head.size()) << section.title;
    }
  }
}

TEST(ReportSections, AModelWithoutCellsHasNone) {
  EXPECT_THAT(SectionsOf(ModelView(), SweepView()), IsEmpty());
}

TEST(LatencySections, ShowPercentilesWithTheirNumberOfSamples) {
  const ReportSection latency = LatencySections(testing::SampleView().models[0])[0];
  const TextTable::Row& baseline = latency.table.rows[0];
  EXPECT_EQ(baseline.entries[1].value, "p50 9.400");
  EXPECT_EQ(baseline.entries[1].note, "n=6") << "six samples give neither p90 nor p99";
  EXPECT_EQ(baseline.entries[2].note, "p90 1.829, p99 2.286, n=3048");
  ASSERT_TRUE(latency.chart);
  EXPECT_THAT(latency.chart->x, ElementsAre("p10", "p50", "p90", "p99"));
  EXPECT_THAT(latency.chart->series, SizeIs(6));
}

TEST(LatencySections, SayOnceWhyNoEnergyWasCounted) {
  ModelView model = testing::SampleView().models[0];
  for (CellView& cell : model.cells) cell.no_energy = "no counter";
  ReportSection bandwidth = LatencySections(model)[1];
  EXPECT_THAT(bandwidth.notes, ElementsAre("Energy: unavailable(no counter)."));
  EXPECT_THAT(bandwidth.table.head.back(), HasSubstr("processes"));
  model.cells[0].joules_per_token = 1.9;
  bandwidth = LatencySections(model)[1];
  EXPECT_THAT(bandwidth.notes, IsEmpty());
  EXPECT_EQ(bandwidth.table.rows[0].entries.back().value, "1.900");
  EXPECT_EQ(bandwidth.table.rows[1].entries.back().value, "unavailable(no counter)");
}

TEST(PlacementSections, NeedTwoPlacementsOrThreadCounts) {
  ModelView model = testing::SampleView().models[0];
  EXPECT_THAT(PlacementSections(model), IsEmpty());
  CellView more = model.cells[0];
  more.record.cell.baseline = false;
  more.record.cell.threads = 1;
  more.record.cell_id = CellId(more.record.cell);
  model.cells.push_back(more);
  const std::vector<ReportSection> sections = PlacementSections(model);
  ASSERT_THAT(sections, SizeIs(1));
  EXPECT_THAT(sections[0].table.head,
              ElementsAre("experts and placement", "1 thread", "2 threads"));
  EXPECT_THAT(sections[0].table.rows[0].entries[0].value, HasSubstr("612.4 ["));
  EXPECT_THAT(sections[0].chart->x, ElementsAre("interleave"));
}

TEST(TrendSection, TellsTheNewestNightFirstAndMarksChanges) {
  const ReportSection trend = TrendSection(testing::SampleView().models[0]);
  ASSERT_THAT(trend.table.rows, SizeIs(9));
  EXPECT_EQ(trend.table.rows[0].label, "2026-11-22 · 12 (tonight)");
  EXPECT_THAT(trend.table.rows[6].label, HasSubstr("accepted as the new measure"));
  EXPECT_THAT(trend.table.rows[4].entries[1].note, HasSubstr("changed for good: −6.5 %"));
  EXPECT_TRUE(trend.chart->series[1].values[4].marked);
  EXPECT_THAT(trend.notes[0], HasSubstr("2 of the database's sweeps"));
}

TEST(TrendSection, AFirstNightHasNone) {
  ModelView model = testing::SampleView().models[0];
  for (TrendView& trend : model.trends) trend.nights.resize(1);
  EXPECT_TRUE(TrendSection(model).table.empty());
}

TEST(RouterSection, TellsWhereTheLoadIs) {
  ModelView model;
  model.router = RouterLoadView{"a.routing", 4, 2, 8, {6, 2, 0, 0, 2, 2, 2, 2}};
  const ReportSection section = RouterSection(model);
  ASSERT_THAT(section.table.rows, SizeIs(2));
  EXPECT_EQ(section.table.rows[0].entries[0].value, "0");
  EXPECT_EQ(section.table.rows[0].entries[1].value, "×3.00");
  EXPECT_EQ(section.table.rows[0].entries[2].value, "1 of 4");
  EXPECT_EQ(section.table.rows[0].entries[3].value, "2");
  EXPECT_EQ(section.table.rows[1].entries[2].value, "2 of 4");
  EXPECT_DOUBLE_EQ(section.chart->series[0].values[0].v, 3);
}

}  // namespace
}  // namespace moebench
