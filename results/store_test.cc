#include "results/store.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include <cmath>
#include <thread>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "results/store_test_rows.h"

namespace moebench {
namespace {

using namespace testing_rows;
using testing::HasSubstr;

// Cells k=8 (baseline) and k=4 of one sweep.
int64_t SomeSweepIn(Store& store) {
  const ModelRecord model{std::string(64, 'a'), "/m/" + kHostile, "{\"k0\":8}"};
  return store.CreateSweep(SomeSweep(), {{model}},
                           std::vector<CellRecord>{SomeCell(8, true), SomeCell(4)});
}
const std::string kCell8 = SomeCell(8, true).cell_id;
const std::string kCell4 = SomeCell(4).cell_id;

std::string MessageOf(const std::function<void()>& f, ExitCode code) {
  try {
    f();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "nothing thrown";
  return "";
}

TEST(Store, GivesBackExactlyWhatItWasGiven) {
  const Folder folder;
  int64_t id = 0;
  {
    Store store = Store::OpenForWriting(folder / "s.db");
    id = SomeSweepIn(store);
    const int64_t session = store.AddSession(id, SomeSession());
    store.AddProbe({session, "2026-11-22T01:00:02Z", 15.5, 90});
    store.AddProbe({session, "2026-11-22T01:00:03Z", 14, 110});
    store.AddTrial(id, SomeTrial(kCell4, session, 3));
    store.AddAnswers(
        id, std::vector{SomeAnswer(kCell4, session, "i1"), SomeAnswer(kCell8, session, kHostile)});
    store.FinishSession(session, "{\"after\":1}");
    store.FinishCell(id, kCell4, Status::kOk, "");
    store.FinishCell(id, kCell4, Status::kInvalid, "not_obeyed: " + kHostile);
    store.FinishSweep(id, "2026-11-22T02:00:00Z");
  }
  const Store store = Store::OpenForReading(folder / "s.db");
  ASSERT_EQ(store.LatestSweepId(), id);
  const SweepRows rows = store.ReadSweep(id);

  EXPECT_EQ(rows.sweep.id, id);
  EXPECT_EQ(rows.sweep.seed, SomeSweep().seed);
  EXPECT_EQ(rows.sweep.config_json, SomeSweep().config_json);
  EXPECT_EQ(rows.sweep.machine_hash, SomeSweep().machine_hash);
  EXPECT_EQ(rows.sweep.finished, "2026-11-22T02:00:00Z");
  ASSERT_EQ(rows.models.size(), 1u);
  EXPECT_EQ(rows.models[0].path, "/m/" + kHostile);
  EXPECT_EQ(rows.models[0].facts_json, "{\"k0\":8}");

  ASSERT_EQ(rows.cells.size(), 2u);
  EXPECT_TRUE(rows.cells[0].cell.baseline);
  EXPECT_EQ(rows.cells[0].status, Status::kPlanned);
  EXPECT_EQ(rows.cells[1].status, Status::kInvalid);
  EXPECT_EQ(rows.cells[1].reason, "not_obeyed: " + kHostile);
  EXPECT_EQ(rows.cells[1].cell.model_path, SomeCell(4).cell.model_path);
  EXPECT_EQ(CellId(rows.cells[1].cell), kCell4);
  EXPECT_EQ(rows.cells[1].cell.kv, "q8_0");
  EXPECT_EQ(rows.cells[1].max_speedup, 1.25);

  ASSERT_EQ(rows.sessions.size(), 1u);
  SessionRecord session = SomeSession();
  EXPECT_EQ(rows.sessions[0].model_sha256, session.model_sha256);
  EXPECT_EQ(rows.sessions[0].index, session.index);
  EXPECT_EQ(rows.sessions[0].engine_version, kHostile);
  EXPECT_EQ(rows.sessions[0].proof_json, session.proof_json);
  EXPECT_EQ(rows.sessions[0].proof_after_json, "{\"after\":1}");
  EXPECT_EQ(rows.sessions[0].read_bandwidth_gbps, 15.5) << "the best of all probes";
  EXPECT_EQ(rows.sessions[0].cache_bandwidth_gbps, 110);
  EXPECT_EQ(rows.sessions[0].probes_again, 2);
  EXPECT_EQ(rows.sessions[0].cache_bytes, session.cache_bytes);

  ASSERT_EQ(rows.trials.size(), 1u);
  const TrialRecord trial = SomeTrial(kCell4, rows.sessions[0].id, 3);
  EXPECT_EQ(rows.trials[0].cell_id, trial.cell_id);
  EXPECT_EQ(rows.trials[0].session_id, trial.session_id);
  EXPECT_EQ(rows.trials[0].round, trial.round);
  EXPECT_EQ(rows.trials[0].order, trial.order);
  EXPECT_EQ(rows.trials[0].inter_token_ms, trial.inter_token_ms);
  EXPECT_EQ(rows.trials[0].logits_hash, trial.logits_hash);
  EXPECT_EQ(rows.trials[0].decode_ms, trial.decode_ms);
  EXPECT_EQ(rows.trials[0].drafted, trial.drafted);
  EXPECT_EQ(rows.trials[0].accepted, std::nullopt);
  EXPECT_EQ(rows.trials[0].unstable, kHostile);

  ASSERT_EQ(rows.answers.size(), 2u);
  EXPECT_EQ(rows.answers[1].item_id, kHostile);
  EXPECT_EQ(rows.answers[1].answer, kHostile);
  EXPECT_EQ(rows.answers[1].score, 0.5);
  EXPECT_EQ(rows.answers[1].outcome, "cut_off");
}

TEST(Store, KnowsWhatIsDoneForResume) {
  const Folder folder;
  Store store = Store::OpenForWriting(folder / "s.db");
  EXPECT_EQ(store.LatestSweepId(), std::nullopt);
  const int64_t id = SomeSweepIn(store);
  const int64_t session = store.AddSession(id, SomeSession());
  store.AddTrial(id, SomeTrial(kCell4, session, 2));
  store.AddAnswers(id, std::vector{SomeAnswer(kCell4, session, "i1")});
  EXPECT_THAT(store.DoneTrials(id), testing::ElementsAre(DoneTrial{kCell4, 1, 1, 2}));
  EXPECT_THAT(store.DoneAnswers(id), testing::ElementsAre(testing::Pair(kCell4, "i1")));
  const int64_t next = SomeSweepIn(store);
  EXPECT_GT(next, id);
  EXPECT_TRUE(store.DoneTrials(next).empty());
}

TEST(Store, SecondWriterIsRefusedAtOnceAndToldByWhom) {
  const Folder folder;
  const Store first = Store::OpenForWriting(folder / "s.db");
  const int64_t start = NowNs();
  const std::string message =
      MessageOf([&] { Store::OpenForWriting(folder / "s.db"); }, ExitCode::kBusy);
  EXPECT_LT(NowNs() - start, 1'000'000'000);
  EXPECT_THAT(message, HasSubstr("pid " + std::to_string(getpid())));
  EXPECT_THAT(message, HasSubstr("since 20"));
}

TEST(Store, NextWriterMayStartWhenTheFirstIsGone) {
  const Folder folder;
  { Store::OpenForWriting(folder / "s.db"); }
  Store again = Store::OpenForWriting(folder / "s.db");
  EXPECT_EQ(SomeSweepIn(again), 1);
}

TEST(Store, RowsCantBeChangedOrDeletedEvenFromOutside) {
  const Folder folder;
  {
    Store store = Store::OpenForWriting(folder / "s.db");
    const int64_t id = SomeSweepIn(store);
    const int64_t session = store.AddSession(id, SomeSession());
    store.AddTrial(id, SomeTrial(kCell4, session, 0));
    store.AddAnswers(id, std::vector{SomeAnswer(kCell4, session, "i")});
    store.AddProbe({session, "x", 1, 1});
    CellRecord draft = SomeCell(4);
    draft.cell.decoding = "draft";
    draft.cell.instances = 2;
    draft.cell_id = CellId(draft.cell);
    const int64_t speculative = store.CreateSweep(SomeSweep(), {}, std::vector{draft},
                                                  std::vector<SpeedPromptRecord>{{"s", "", 0}});
    const int64_t other = store.AddSession(speculative, SomeSession());
    TrialRecord trial = SomeTrial(draft.cell_id, other, 0);
    trial.speculation.emplace();
    trial.instances.emplace_back();
    trial.each_prompt.push_back({.prompt_id = "s"});
    store.AddTrial(speculative, trial);
    AnswerRecord compared = SomeAnswer(draft.cell_id, other, "i");
    compared.parity.emplace();
    compared.signs.emplace();
    store.AddAnswers(speculative, std::vector{compared});
    store.AddPassCosts(std::vector<PassCostRecord>{{.session_id = other, .k = 4, .tokens = 1}});
    store.AddPrediction(speculative, {.cell_id = draft.cell_id, .session_id = other});
    store.FinishSession(session, "{}");
    store.FinishCell(id, kCell4, Status::kOk, "");
    store.FinishSweep(id, "x");
    SessionRecord rerun = SomeSession();
    rerun.rerun = true;
    store.AddSession(id, rerun);
    store.AddBaselineMark({id, BaselineKind::kPinned, "", "x"});
    store.AddImported(std::vector{ImportedRecord{.source_sha256 = "s"}});
    store.AddDivergence(id, {.cell_id = kCell4, .session_id = session, .same_top = "1"});
    store.AddRouting(id, SomeRouting(session, std::string(6, '\1')));
    store.AddJudgment(id, {.cell_id = kCell4, .item_id = "i", .kind = "rubric", .outcome = "ok"});
    store.AddJudgeRun(id, {.judge = "j"});
  }
  SQLite::Database db((folder / "s.db").string(), SQLite::OPEN_READWRITE);
  SQLite::Statement names(db,
                          "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT"
                          " LIKE 'sqlite_%'");
  int tables = 0;
  while (names.executeStep()) {
    const std::string table = names.getColumn(0).getString();
    ++tables;
    EXPECT_THROW(db.exec("DELETE FROM " + table), SQLite::Exception) << table;
    EXPECT_THROW(db.exec("UPDATE " + table + " SET rowid = rowid + 1"), SQLite::Exception) << table;
  }
  EXPECT_EQ(tables, 30);
}

TEST(Store, RefusesRowsThatBelongNowhere) {
  const Folder folder;
  Store store = Store::OpenForWriting(folder / "s.db");
  const int64_t id = SomeSweepIn(store);
  const int64_t other = SomeSweepIn(store);
  const int64_t session = store.AddSession(id, SomeSession());
  EXPECT_THROW(store.AddTrial(id, SomeTrial("no such cell", session, 0)), Error);
  EXPECT_THROW(store.AddTrial(id, SomeTrial(kCell4, session + 9, 0)), Error);
  EXPECT_THROW(store.AddTrial(other, SomeTrial(kCell4, session, 0)), Error);  // another's session
  EXPECT_THROW(store.FinishCell(id, "no such cell", Status::kOk, ""), Error);
  EXPECT_THROW(store.FinishSweep(99, "x"), Error);
  store.AddTrial(id, SomeTrial(kCell4, session, 0));
  EXPECT_THROW(store.AddTrial(id, SomeTrial(kCell8, session, 0)), Error);  // same position twice
  EXPECT_EQ(store.ReadSweep(id).trials.size(), 1u);
}

TEST(Store, AFigureThatIsNoNumberIsRefusedAndNothingOfItsBatchKept) {
  const Folder folder;
  Store store = Store::OpenForWriting(folder / "s.db");
  const int64_t id = SomeSweepIn(store);
  const int64_t session = store.AddSession(id, SomeSession());
  AnswerRecord bad = SomeAnswer(kCell4, session, "i2");
  bad.score = std::nan("");
  EXPECT_THROW(store.AddAnswers(id, std::vector{SomeAnswer(kCell4, session, "i1"), bad}), Error);
  EXPECT_TRUE(store.DoneAnswers(id).empty());
  store.AddAnswers(id, std::vector{SomeAnswer(kCell4, session, "i1")});
  EXPECT_EQ(store.DoneAnswers(id).size(), 1u);
}

TEST(Store, ReadersSeeWholeUnitsWhileTheWriterWrites) {
  const Folder folder;
  Store store = Store::OpenForWriting(folder / "s.db");
  const int64_t id = SomeSweepIn(store);
  const int64_t session = store.AddSession(id, SomeSession());
  std::jthread reader([&](const std::stop_token& stop) {
    size_t seen = 0;
    while (!stop.stop_requested()) {
      const Store view = Store::OpenForReading(folder / "s.db");
      const SweepRows rows = view.ReadSweep(id);
      EXPECT_GE(rows.answers.size(), seen);
      EXPECT_EQ(rows.answers.size() % 3, 0u) << "half a batch";
      seen = rows.answers.size();
    }
  });
  for (int i = 0; i < 60; ++i) {
    store.AddTrial(id, SomeTrial(kCell4, session, i));
    const std::string item = std::to_string(i);
    store.AddAnswers(id, std::vector{SomeAnswer(kCell4, session, item + "a"),
                                     SomeAnswer(kCell4, session, item + "b"),
                                     SomeAnswer(kCell4, session, item + "c")});
  }
  reader.request_stop();
  reader.join();
  EXPECT_EQ(store.ReadSweep(id).answers.size(), 180u);
}

TEST(Store, AskingForASweepThatIsNotThereIsAUsageError) {
  const Folder folder;
  const Store store = Store::OpenForWriting(folder / "s.db");
  EXPECT_THAT(MessageOf([&] { store.ReadSweep(7); }, ExitCode::kUsage), HasSubstr("no sweep 7"));
}

}  // namespace
}  // namespace moebench
