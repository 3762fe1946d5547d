// Ledger 12 to 15, 19, 22: quality that was not measured, or not of the same thing.
#include <nlohmann/json.hpp>

#include "harness/sweep/ledger/ledger.h"

namespace moebench::ledger {
namespace {

using testing::HasSubstr;

TEST_F(Ledger, N12_QualityIsNeverInherited) {
  Sweep();
  const std::string id = CellAt(4).record.cell_id;
  std::erase_if(sink_.rows.answers, [&](const AnswerRecord& a) { return a.cell_id == id; });
  const CellView cell = CellAt(4);
  EXPECT_EQ(cell.quality.n, 0);
  EXPECT_EQ(cell.verdict, "inconclusive");
  EXPECT_THAT(Reasons(cell), HasSubstr("quality: no item that both answered"));
  EXPECT_NE(View().models[0].recommendation.cell_id, id) << "not on speed alone";
}

TEST_F(Ledger, N13_AnswersCutAtTheLimitAreOneThingInEveryArm) {
  Misbehave(FakeAct::kCutOff, 4, 64);
  Sweep();
  const CellView cut = CellAt(4);
  EXPECT_EQ(cut.quality.cut_off, 40) << "the text is right, the end is not";
  EXPECT_EQ(cut.quality.right, 0);
  EXPECT_EQ(cut.quality.wrong, 0);
  EXPECT_EQ(cut.verdict, "flagged");
  EXPECT_THAT(Reasons(cut),
              HasSubstr("cut off at the token limit: 40 of 40 answers, the baseline's 0"));
}

TEST_F(Ledger, N13b_WhereAllArmsAreCutNoneIsBetter) {
  Misbehave(FakeAct::kCutOff, std::nullopt, 64);
  Sweep();
  for (const int k : {8, 4, 2}) {
    EXPECT_EQ(CellAt(k).quality.cut_off, 40);
    EXPECT_EQ(CellAt(k).quality.score, 0);
  }
  EXPECT_EQ(CellAt(4).verdict, "inconclusive");
  EXPECT_THAT(Reasons(CellAt(4)), HasSubstr("the baseline solves none"));
}

TEST_F(Ledger, N14_NoLineIsStrippedFromAnAnswer) {
  const std::string raw = "main: Using CPU\n======\nsampling n_ctx [2025]\n";
  script_.replies["question 3"] = {{8, raw}};
  Sweep();
  const std::string base = CellAt(8).record.cell_id;
  int seen = 0;
  for (const AnswerRecord& answer : sink_.rows.answers) {
    if (answer.item_id != "q3" || answer.cell_id != base) continue;
    EXPECT_EQ(answer.answer, raw);
    ++seen;
  }
  EXPECT_EQ(seen, 1);
}

TEST_F(Ledger, N15_OtherItemsInTwoArmsAreTold) {
  Sweep();
  const std::string id = CellAt(4).record.cell_id;
  std::erase_if(sink_.rows.answers, [&](const AnswerRecord& a) {
    return a.cell_id == id && a.item_id.size() == 2;  // q0 to q9
  });
  EXPECT_THAT(Reasons(CellAt(4)), HasSubstr("items differ: only 30 of 40 were answered by both"));
}

TEST_F(Ledger, N19_AnEstimateIsNeverShownAsAMeasurement) {
  Misbehave(FakeAct::kError, 2, 0, "no");
  Sweep();
  const nlohmann::json shown = ShowJson(View());
  for (const nlohmann::json& cell : shown["cells"]) {
    if (cell["k"] != 2) continue;
    EXPECT_TRUE(cell["decode_tps"]["median"].is_null());
    EXPECT_TRUE(cell["quality"]["score"].is_null());
    EXPECT_TRUE(cell["bytes_per_token"].is_null());
    EXPECT_GT(cell["bytes_per_token_predicted"], 0) << "said to be predicted";
    EXPECT_EQ(cell["decode_tps"]["n"], 0);
  }
}

TEST_F(Ledger, N22_LongGarbageIsNotAGoodAnswer) {
  Misbehave(FakeAct::kLoop, 4, 0, "Comprehensive response generated. ");
  spec_.experts = {4};
  Sweep();
  EXPECT_EQ(CellAt(4).quality.right, 0);
  EXPECT_GT(CellAt(4).quality.loop + CellAt(4).quality.cut_off, 30);
  EXPECT_EQ(CellAt(4).verdict, "flagged");
}

}  // namespace
}  // namespace moebench::ledger
