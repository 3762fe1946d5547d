#include "results/quality_tables.h"

#include <gmock/gmock.h>

#include "results/report_figures.h"
#include "results/testing/sample_view.h"

namespace moebench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Titles(const std::vector<ReportSection>& sections) {
  std::vector<std::string> titles;
  for (const ReportSection& section : sections) titles.push_back(section.title);
  return titles;
}

const TextTable::Row& RowOf(const TextTable& table, const std::string& label) {
  for (const TextTable::Row& row : table.rows) {
    if (row.label.starts_with(label)) return row;
  }
  ADD_FAILURE() << "no row of " << label;
  return table.rows.front();
}

TEST(QualityTables, EveryKindOfEvidenceHasItsTable) {
  const SweepView view = testing::SampleView();
  const auto sections = QualitySections(view.models[0], view.judge);
  EXPECT_THAT(Titles(sections),
              ElementsAre("Quality, from every side", "How far from the model's own predictions",
                          "What the judge says"));
  EXPECT_THAT(sections[0].caption, HasSubstr("anthropic:made-up-judge, 1115 requests, 2.40 USD"));
  for (const ReportSection& section : sections) {
    for (const TextTable::Row& row : section.table.rows) {
      EXPECT_EQ(row.entries.size() + 1, section.table.head.size()) << section.title;
    }
  }
  const TextTable::Row& two = RowOf(sections[0].table, "k=2");
  EXPECT_EQ(two.entries[0].note, "flagged");
  EXPECT_THAT(two.entries[1].value, HasSubstr("perplexity +46"));
  EXPECT_EQ(RowOf(sections[0].table, "k=4").entries[3].value,
            "no: graders ok, divergence inconclusive, judge ok");
  EXPECT_THAT(RowOf(sections[1].table, "k=2").entries[1].value, HasSubstr("1.4635 ["));
}

TEST(QualityTables, AJudgeThatIsNotBelievedIsShownAsThat) {
  SweepView view = testing::SampleView();
  for (CellView& cell : view.models[0].cells) cell.judge.verdict.clear();
  const auto sections = QualitySections(view.models[0], view.judge);
  EXPECT_EQ(RowOf(sections[0].table, "k=2").entries[2].note, "not believed");
  EXPECT_EQ(RowOf(sections[2].table, "k=2").entries[1].note, "not believed");
}

TEST(QualityTables, WithoutAJudgeThatIsSaid) {
  SweepView view = testing::SampleView();
  for (CellView& cell : view.models[0].cells) cell.judge = {};
  const auto sections = QualitySections(view.models[0], {});
  EXPECT_THAT(sections[0].caption,
              HasSubstr("none configured: graders and divergence carry the verdict"));
  EXPECT_EQ(RowOf(sections[0].table, "k=2").entries[2].value, kNotMeasured);
  EXPECT_TRUE(sections[2].table.empty());
}

TEST(QualityTables, NothingMeasuredNothingShown) {
  for (const ReportSection& s : QualitySections({}, {})) EXPECT_TRUE(s.table.empty()) << s.title;
}

}  // namespace
}  // namespace moebench
