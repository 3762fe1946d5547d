#include "harness/sweep/judge_sweep.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include "harness/base/error.h"
#include "quality/judge/judge_canaries.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr int kItems = 6;

class JudgeSweepTest : public testing::Test {
 protected:
  JudgeSweepTest() : folder_(fs::path(testing::TempDir()) / ("judge-" + std::to_string(getpid()))) {
    fs::remove_all(folder_);
    fs::create_directory(folder_);
    store_.emplace(Store::OpenForWriting(folder_ / "s.db"));
    const Cell base{.model_path = "m", .model_sha256 = "abc", .k = 8, .baseline = true};
    Cell fewer = base;
    fewer.k = 4;
    fewer.baseline = false;
    for (const Cell& cell : {base, fewer}) {
      cells_.push_back({.cell = cell, .cell_id = CellId(cell)});
    }
    const ModelRecord model{"abc", "m", "{}"};
    sweep_ = store_->CreateSweep({.started = "2026-11-22T00:00:00Z"}, {&model, 1}, cells_);
    const int64_t session = store_->AddSession(sweep_, {.model_sha256 = "abc"});
    for (const CellRecord& cell : cells_) {
      std::vector<AnswerRecord> answers;
      for (int i = 0; i < kItems; ++i) {
        const bool poor = !cell.cell.baseline && i < 2;
        answers.push_back({.cell_id = cell.cell_id,
                           .session_id = session,
                           .item_id = "i" + std::to_string(i),
                           .prompt = "Q",
                           .answer = (poor ? "poor " : "good ") + std::to_string(i),
                           .finish = "stop",
                           .outcome = "right"});
      }
      store_->AddAnswers(sweep_, answers);
      store_->FinishCell(sweep_, cell.cell_id, Status::kOk, "");
    }
    for (int i = 0; i < kItems; ++i) {
      items_.push_back({.id = "i" + std::to_string(i),
                        .prompt = "Q" + std::to_string(i),
                        .expected = {"the reference"}});
    }
  }
  ~JudgeSweepTest() override { fs::remove_all(folder_); }

  // Knows the control answers; of others, "good" is worth 3 and "poor" 1.
  JudgeModel Fair(int until = 1 << 30) {
    return {"test:fair", [this, until](const JudgePrompt& prompt) {
              if (++asked_ > until) throw Error{"gone", "judge", "", ExitCode::kIo};
              prompts_.push_back(prompt.user);
              const auto score = [](int s) {
                return JudgeReply{.text = R"({"reason": "", "score": )" + std::to_string(s) + "}"};
              };
              const size_t begin = std::min(prompt.user.size(), prompt.user.rfind("Answer:\n==="));
              const std::string answer = prompt.user.substr(begin);
              for (const Canary& canary : Canaries()) {
                const bool asked = prompt.user.find(canary.question) != std::string::npos &&
                                   !canary.answer.empty() &&
                                   answer.find("\n" + canary.answer + "\n===") != std::string::npos;
                if (asked) return score(canary.frozen);
              }
              const size_t good = prompt.user.find("good "), poor = prompt.user.find("poor ");
              if (prompt.system.starts_with("You compare")) {
                return JudgeReply{.text = good < poor ? R"({"reason": "", "better": "A"})"
                                                      : R"({"reason": "", "better": "B"})"};
              }
              if (good == poor) return score(0);
              return score(good < poor ? 3 : 1);
            }};
  }

  const fs::path folder_;
  std::optional<Store> store_;
  std::vector<CellRecord> cells_;
  std::vector<Item> items_;
  int64_t sweep_ = 0;
  int asked_ = 0;
  std::vector<std::string> prompts_;
};

TEST_F(JudgeSweepTest, EveryAnswerIsARow) {
  const JudgeRun run = JudgeSweep(*store_, sweep_, items_, Fair(), {});
  EXPECT_EQ(run.stopped, "");
  const SweepRows rows = store_->ReadSweep(sweep_);
  std::map<std::string, int> kinds;
  for (const JudgmentRecord& j : rows.judgments) {
    ++kinds[j.kind];
    EXPECT_EQ(j.outcome, "ok");
    EXPECT_EQ(j.judge, "test:fair");
    EXPECT_FALSE(j.reply.empty());
    if (j.kind == "pair") {
      EXPECT_EQ(j.score, -1);
    }
  }
  EXPECT_EQ(kinds["rubric"], 2 * kItems);
  EXPECT_EQ(kinds["pair"], 2 * 2);
  EXPECT_EQ(kinds["canary"], static_cast<int>(Canaries().size()));
  ASSERT_EQ(rows.judge_runs.size(), 1u);
  EXPECT_EQ(rows.judge_runs[0].judged, run.done);
  EXPECT_THAT(prompts_.front() + prompts_.back(), HasSubstr("==="));
}

TEST_F(JudgeSweepTest, ControlAnswersDecideWhetherItIsBelieved) {
  JudgeSweep(*store_, sweep_, items_, Fair(), {});
  EXPECT_TRUE(store_->ReadSweep(sweep_).judge_runs[0].trusted)
      << store_->ReadSweep(sweep_).judge_runs[0].trust_text;
  const JudgeModel kind{"test:kind", [](const JudgePrompt&) {
                          return JudgeReply{.text = R"({"reason": "", "score": 3})"};
                        }};
  JudgeSweep(*store_, sweep_, items_, kind, {});
  const JudgeRunRecord run = store_->ReadSweep(sweep_).judge_runs[1];
  EXPECT_FALSE(run.trusted);
  EXPECT_THAT(run.trust_text, HasSubstr("talk to the judge pass"));
}

TEST_F(JudgeSweepTest, GoesOnWhereItStopped) {
  const JudgeRun first = JudgeSweep(*store_, sweep_, items_, Fair(20), {});
  EXPECT_THAT(first.stopped, HasSubstr("gone"));
  EXPECT_FALSE(store_->ReadSweep(sweep_).judge_runs[0].trusted);
  const int before = std::exchange(asked_, 0);
  const JudgeRun second = JudgeSweep(*store_, sweep_, items_, Fair(), {});
  EXPECT_EQ(second.stopped, "");
  EXPECT_EQ(before, 21);
  const SweepRows rows = store_->ReadSweep(sweep_);
  std::set<std::string> seen;
  for (const JudgmentRecord& j : rows.judgments) {
    EXPECT_TRUE(seen.insert(j.cell_id + j.item_id + j.kind + (j.swapped ? "s" : "")).second);
  }
  EXPECT_EQ(seen.size(), 2 * kItems + 4 + Canaries().size());
  EXPECT_TRUE(rows.judge_runs[1].trusted) << rows.judge_runs[1].trust_text;
  EXPECT_EQ(JudgeSweep(*store_, sweep_, items_, Fair(), {}).requests, 0);
}

TEST_F(JudgeSweepTest, ItIsJudgedOnceASessionCameToItsEnd) {
  JudgeSweep(*store_, sweep_, items_, Fair(20), {});
  EXPECT_FALSE(WasJudged(store_->ReadSweep(sweep_), "test:fair"));
  JudgeSweep(*store_, sweep_, items_, Fair(), {});
  EXPECT_TRUE(WasJudged(store_->ReadSweep(sweep_), "test:fair"));
  EXPECT_FALSE(WasJudged(store_->ReadSweep(sweep_), "test:another"));
}

// A process that is killed leaves the judgements and no row of its session.
TEST_F(JudgeSweepTest, AKilledSessionsCostIsCountedByTheNext) {
  const JudgeModel fair = Fair();
  const JudgeModel killed{fair.name, [&](const JudgePrompt& prompt) {
                            if (asked_ == 20) throw std::runtime_error("killed");
                            JudgeReply reply = fair.ask(prompt);
                            reply.input_tokens = 1000;
                            return reply;
                          }};
  const JudgeSweepOptions paid{.budget = {.max_requests = 30, .usd_per_million_input = 10}};
  EXPECT_THROW(JudgeSweep(*store_, sweep_, items_, killed, paid), std::runtime_error);
  EXPECT_TRUE(store_->ReadSweep(sweep_).judge_runs.empty());
  asked_ = 0;
  const JudgeRun run = JudgeSweep(*store_, sweep_, items_, fair, paid);
  EXPECT_EQ(run.requests, 10);
  EXPECT_THAT(run.stopped, HasSubstr("30 requests"));
  const JudgeRunRecord row = store_->ReadSweep(sweep_).judge_runs.at(0);
  EXPECT_EQ(row.requests, 30);
  EXPECT_NEAR(row.usd, 0.2, 1e-9);
}

TEST_F(JudgeSweepTest, ReferencesComeFromTheGraders) {
  JudgeSweep(*store_, sweep_, items_, Fair(), {});
  EXPECT_THAT(prompts_, testing::Contains(HasSubstr("Reference:\n")));
  EXPECT_THAT(prompts_, testing::Contains(HasSubstr("the reference")));
}

}  // namespace
}  // namespace moebench
