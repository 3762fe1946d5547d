#include <gmock/gmock.h>

#include "harness/base/error.h"
#include "results/store_care.h"
#include "results/store_test_rows.h"

namespace moebench {
namespace {

using namespace testing_rows;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class StoreQuality : public testing::Test {
 protected:
  StoreQuality() {
    Store store = Store::OpenForWriting(folder_ / "s.db");
    cell_id_ = SomeCell(4).cell_id;
    sweep_ = store.CreateSweep(SomeSweep(), {}, std::vector{SomeCell(4)});
    session_ = store.AddSession(sweep_, SomeSession());
  }
  Store Writer() const { return Store::OpenForWriting(folder_ / "s.db"); }
  SweepRows Read() const { return Store::OpenForReading(folder_ / "s.db").ReadSweep(sweep_); }

  const Folder folder_;
  std::string cell_id_;
  int64_t sweep_ = 0, session_ = 0;
};

TEST_F(StoreQuality, SignsStayWithTheirAnswer) {
  std::vector<AnswerRecord> answers;
  for (const char* item : {"a", "b", "c"}) answers.push_back(SomeAnswer(cell_id_, session_, item));
  answers[1].signs = {.loop = true, .wrong_script = true, .compression_ratio = 7.25};
  answers[2].signs = {.cut_off = true, .open_fence = true};
  Writer().AddAnswers(sweep_, answers);
  const SweepRows rows = Read();
  ASSERT_THAT(rows.answers, SizeIs(3));
  EXPECT_FALSE(rows.answers[0].signs);
  ASSERT_TRUE(rows.answers[1].signs && rows.answers[2].signs);
  const SignsRecord &loop = *rows.answers[1].signs, &cut = *rows.answers[2].signs;
  EXPECT_TRUE(loop.loop && loop.wrong_script);
  EXPECT_FALSE(loop.cut_off || loop.empty || loop.unfinished || loop.open_fence || loop.open_json ||
               loop.prompt_echo);
  EXPECT_EQ(loop.compression_ratio, 7.25);
  EXPECT_TRUE(cut.cut_off && cut.open_fence);
  EXPECT_FALSE(cut.loop || cut.wrong_script);
}

TEST_F(StoreQuality, DivergenceIsGivenBackAsItWas) {
  Writer().AddDivergence(sweep_, {.cell_id = cell_id_,
                                  .session_id = session_,
                                  .text_hash = "0123456789abcdef",
                                  .base_k = 8,
                                  .window_tokens = 512,
                                  .windows = 1,
                                  .per_window = 2,
                                  .k_executed_min = 3,
                                  .k_executed_max = 4,
                                  .base_log_p = {-1.5F, -0.25F},
                                  .log_p = {-2.5F, -0.125F},
                                  .kl = {0.5F, 0},
                                  .same_top = "10"});
  const SweepRows rows = Read();
  ASSERT_THAT(rows.divergences, SizeIs(1));
  const DivergenceRecord& d = rows.divergences[0];
  EXPECT_EQ(d.cell_id, cell_id_);
  EXPECT_EQ(d.session_id, session_);
  EXPECT_EQ(d.text_hash, "0123456789abcdef");
  EXPECT_THAT((std::vector{d.base_k, d.window_tokens, d.windows, d.per_window, d.k_executed_min,
                           d.k_executed_max}),
              ElementsAre(8, 512, 1, 2, 3, 4));
  EXPECT_THAT(d.base_log_p, ElementsAre(-1.5F, -0.25F));
  EXPECT_THAT(d.log_p, ElementsAre(-2.5F, -0.125F));
  EXPECT_THAT(d.kl, ElementsAre(0.5F, 0));
  EXPECT_EQ(d.same_top, "10");
}

TEST_F(StoreQuality, JudgementsAreGivenBackAsTheyWereWhateverTheJudgeSaid) {
  {
    Store store = Writer();
    store.AddJudgment(sweep_, {.cell_id = cell_id_,
                               .item_id = "i" + kHostile,
                               .kind = "pair",
                               .swapped = true,
                               .outcome = "judge_invalid",
                               .score = -1,
                               .judge = "openai:m",
                               .model = "m" + kHostile,
                               .prompt_hash = "p",
                               .content_hash = "c",
                               .reply = kHostile,
                               .requests = 2,
                               .input_tokens = 321,
                               .output_tokens = 17});
    store.AddJudgeRun(sweep_, {.judge = "openai:m",
                               .prompt_hash = "p",
                               .requests = 9,
                               .usd = 0.125,
                               .judged = 8,
                               .invalid = 1,
                               .stopped = kHostile,
                               .trusted = true,
                               .trust_text = "passes"});
  }
  const SweepRows rows = Read();
  ASSERT_THAT(rows.judgments, SizeIs(1));
  const JudgmentRecord& j = rows.judgments[0];
  EXPECT_THAT((std::vector{j.cell_id, j.item_id, j.kind, j.outcome, j.judge, j.model, j.prompt_hash,
                           j.content_hash, j.reply}),
              ElementsAre(cell_id_, "i" + kHostile, "pair", "judge_invalid", "openai:m",
                          "m" + kHostile, "p", "c", kHostile));
  EXPECT_TRUE(j.swapped);
  EXPECT_EQ(j.score, -1);
  EXPECT_EQ(j.requests, 2);
  EXPECT_EQ(j.input_tokens, 321);
  EXPECT_EQ(j.output_tokens, 17);
  ASSERT_THAT(rows.judge_runs, SizeIs(1));
  const JudgeRunRecord& r = rows.judge_runs[0];
  EXPECT_THAT((std::vector{r.judge, r.prompt_hash, r.stopped, r.trust_text}),
              ElementsAre("openai:m", "p", kHostile, "passes"));
  EXPECT_THAT((std::vector{r.requests, r.judged, r.invalid}), ElementsAre(9, 8, 1));
  EXPECT_EQ(r.usd, 0.125);
  EXPECT_TRUE(r.trusted);
  EXPECT_EQ(r.at.size(), 20u);
  EXPECT_THAT(CheckStore(folder_ / "s.db").problems, IsEmpty());
}

TEST_F(StoreQuality, NothingIsJudgedTwiceByTheSameJudge) {
  Store store = Writer();
  const JudgmentRecord once{.cell_id = cell_id_, .item_id = "i", .kind = "rubric", .judge = "j"};
  store.AddJudgment(sweep_, once);
  EXPECT_THROW(store.AddJudgment(sweep_, once), Error);
  JudgmentRecord other = once;
  other.judge = "another";
  EXPECT_NO_THROW(store.AddJudgment(sweep_, other));
}

}  // namespace
}  // namespace moebench
