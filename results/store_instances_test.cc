#include <gmock/gmock.h>

#include "results/store_care.h"
#include "results/store_test_rows.h"

namespace moebench {
namespace {

using namespace testing_rows;
using testing::IsEmpty;
using testing::SizeIs;

CellRecord CellOfTwo() {
  CellRecord record = SomeCell(4);
  record.cell.instances = 2;
  record.cell_id = CellId(record.cell);
  return record;
}

TrialRecord TrialOfTwo(const std::string& cell_id, int64_t session) {
  TrialRecord trial = SomeTrial(cell_id, session, 1);
  trial.instances = {{.prompt_tokens = 10,
                      .timed_tokens = 20,
                      .prefill_ms = 5.5,
                      .decode_ms = 200,
                      .logits_hash = 0xfedcba9876543210},
                     {.prompt_tokens = 10,
                      .timed_tokens = 20,
                      .prefill_ms = 6.5,
                      .decode_ms = 400,
                      .logits_hash = 0xfedcba9876543210}};
  trial.overlap = 0.97;
  trial.prefill_wait = WaitRecord{0.25, 0.5};
  trial.decode_wait = WaitRecord{0.125, 0.375};
  return trial;
}

TEST(StoreInstances, GivesBackExactlyWhatItWasGiven) {
  const Folder folder;
  const CellRecord two = CellOfTwo();
  int64_t id = 0;
  {
    Store store = Store::OpenForWriting(folder / "s.db");
    id = store.CreateSweep(SomeSweep(), {}, std::vector{SomeCell(4), two});
    SessionRecord session = SomeSession();
    session.instances = 2;
    session.remote_share = 0.5;
    const int64_t of_two = store.AddSession(id, session);
    const int64_t alone = store.AddSession(id, SomeSession());
    store.AddTrial(id, SomeTrial(SomeCell(4).cell_id, alone, 0));
    store.AddTrial(id, TrialOfTwo(two.cell_id, of_two));
  }
  const SweepRows rows = Store::OpenForReading(folder / "s.db").ReadSweep(id);
  EXPECT_EQ(rows.cells[0].cell.instances, 1);
  EXPECT_EQ(rows.cells[1].cell.instances, 2);
  EXPECT_EQ(CellId(rows.cells[1].cell), two.cell_id);
  EXPECT_EQ(rows.sessions[0].instances, 2);
  EXPECT_EQ(rows.sessions[0].remote_share, 0.5);
  EXPECT_EQ(rows.sessions[1].instances, 1);
  EXPECT_FALSE(rows.sessions[1].remote_share.has_value());
  const TrialRecord& alone = rows.trials[0];
  EXPECT_THAT(alone.instances, IsEmpty());
  EXPECT_EQ(alone.overlap, 1);
  EXPECT_FALSE(alone.decode_wait.has_value());
  const TrialRecord& trial = rows.trials[1];
  ASSERT_THAT(trial.instances, SizeIs(2));
  EXPECT_EQ(trial.instances[1].decode_ms, 400);
  EXPECT_EQ(trial.instances[1].logits_hash, 0xfedcba9876543210);
  EXPECT_EQ(trial.overlap, 0.97);
  EXPECT_EQ(trial.prefill_wait->most, 0.5);
  EXPECT_EQ(trial.decode_wait->mean, 0.125);
  EXPECT_DOUBLE_EQ(trial.DecodeTps(), 100 + 50);
  EXPECT_THAT(CheckStore(folder / "s.db").problems, IsEmpty());
}

TEST(StoreInstances, ThePastHasTheSpeedOfAllTogether) {
  const Folder folder;
  CellRecord two = CellOfTwo();
  Store store = Store::OpenForWriting(folder / "s.db");
  const int64_t id = store.CreateSweep(SomeSweep(), {}, std::vector{two});
  store.AddTrial(id, TrialOfTwo(two.cell_id, store.AddSession(id, SomeSession())));
  store.FinishCell(id, two.cell_id, Status::kOk, "");
  store.FinishSweep(id, "2026-11-22T02:00:00Z");
  const std::vector<PastSweep> past = store.PastSweeps(id + 1);
  ASSERT_THAT(past, SizeIs(1));
  EXPECT_EQ(past[0].cells[0].cell.instances, 2);
  ASSERT_THAT(past[0].trials, SizeIs(1));
  EXPECT_DOUBLE_EQ(past[0].trials[0].decode_tps, 150);
}

}  // namespace
}  // namespace moebench
