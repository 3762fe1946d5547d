#include "results/speculation_tables.h"

#include <gmock/gmock.h>

#include "results/testing/sample_view.h"

namespace moebench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const TextTable::Row& RowOf(const TextTable& table, const std::string& label) {
  for (const TextTable::Row& row : table.rows) {
    if (row.label == label) return row;
  }
  ADD_FAILURE() << "no row " << label;
  return table.rows.front();
}

TEST(SpeculationTables, DecodingsStandBesideEachOtherForEveryK) {
  const SweepView view = testing::SampleView();
  const TextTable table = DecodingTable(view.models[0]);
  EXPECT_THAT(table.head, ElementsAre("experts", "plain", "draft", "lookup"));
  EXPECT_THAT(table.rows, SizeIs(9)) << "A/A controls are no setting";
  const TextTable::Row& k4 = RowOf(table, "k=4 interleave t=2");
  EXPECT_THAT(k4.entries[0].value, HasSubstr("845.0 ["));
  EXPECT_TRUE(k4.entries[0].best) << "the recommended setting";
  EXPECT_THAT(k4.entries[1].note, HasSubstr("gains ×1.20, 72.0 % accepted, quality 92.6 %"));
  EXPECT_THAT(k4.entries[1].note, HasSubstr("improved"));
  EXPECT_EQ(k4.entries[2].value, "failed");
  EXPECT_EQ(RowOf(table, "k=8 interleave t=2").entries[1].value, "");
}

TEST(SpeculationTables, PlainSweepsHaveNone) {
  SweepView view = testing::SampleView();
  std::erase_if(view.models[0].cells,
                [](const CellView& cell) { return cell.record.cell.decoding != "plain"; });
  view.models[0].passes.clear();
  EXPECT_THAT(SpeculationSections(view.models[0], view.prompts), IsEmpty());
}

TEST(SpeculationTables, PassesShowExpertsBesideTheFormula) {
  const TextTable table = PassTable(testing::SampleView().models[0]);
  EXPECT_THAT(table.head, ElementsAre("tokens of a pass", "1", "2", "3", "4"));
  EXPECT_EQ(table.rows[0].entries[3].value, "1.86");
  EXPECT_EQ(table.rows[0].entries[3].note, "13.6 of 15.2 experts");
}

TEST(SpeculationTables, PredictionsStandBesideWhatWasMeasured) {
  const TextTable table = GuessTable(testing::SampleView().models[0]);
  ASSERT_THAT(table.rows, SizeIs(1));
  EXPECT_EQ(table.rows[0].entries[1].value, "86, 74, 56 %");
  EXPECT_EQ(table.rows[0].entries[4].value, "×1.24 with 3");
  EXPECT_EQ(table.rows[0].entries[4].note, "measured ×1.20 with 2.5; from its first trial");
  EXPECT_EQ(table.rows[0].entries[5].value, "174 of 175 equal");
}

TEST(SpeculationTables, KindsSayWhereGuessingHelps) {
  const SweepView view = testing::SampleView();
  const TextTable table = KindTable(view.models[0]);
  EXPECT_THAT(table.head, ElementsAre("setting", "code edit", "free writing"));
  EXPECT_EQ(table.rows[0].entries[0].note, "81.0 % accepted");
  EXPECT_THAT(PromptKinds(view.prompts),
              ElementsAre("code edit: 1 prompt, 31.0 % of their 5-grams repeated",
                          "free writing: 1 prompt, 6.0 % of their 5-grams repeated"));
}

}  // namespace
}  // namespace moebench
