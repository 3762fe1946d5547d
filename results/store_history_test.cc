#include <gmock/gmock.h>

#include "harness/base/error.h"
#include "results/store.h"
#include "results/store_test_rows.h"

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing_rows::Folder;

int64_t AddSweep(Store& store, bool rerun) {
  const std::vector<CellRecord> cells = {testing_rows::SomeCell(8, true),
                                         testing_rows::SomeCell(4)};
  const int64_t id = store.CreateSweep(testing_rows::SomeSweep(), {}, cells);
  SessionRecord session = testing_rows::SomeSession();
  session.rerun = rerun;
  const int64_t of = store.AddSession(id, session);
  store.AddTrial(id, testing_rows::SomeTrial(cells[0].cell_id, of, 0));
  store.AddTrial(id, testing_rows::SomeTrial(cells[1].cell_id, of, 1));
  store.FinishCell(id, cells[0].cell_id, Status::kOk, "");
  store.FinishCell(id, cells[1].cell_id, Status::kFailed, "crashed(SIGSEGV)");
  return id;
}

TEST(PastSweeps, HoldTheSpeedsOfCellsThatEndedWell) {
  const Folder folder;
  Store store = Store::OpenForWriting(folder / "s.db");
  const int64_t first = AddSweep(store, false);
  const int64_t second = AddSweep(store, true);
  const std::vector<PastSweep> past = store.PastSweeps(second + 1);
  ASSERT_THAT(past, SizeIs(2));
  EXPECT_EQ(past[0].sweep.id, first);
  EXPECT_THAT(past[0].cells, SizeIs(2));
  ASSERT_THAT(past[0].trials, SizeIs(1));
  const TrialRecord trial = testing_rows::SomeTrial(past[0].cells[0].cell_id, 1, 0);
  EXPECT_EQ(past[0].trials[0].cell_id, trial.cell_id);
  EXPECT_DOUBLE_EQ(past[0].trials[0].decode_tps, trial.DecodeTps());
  EXPECT_FALSE(past[0].trials[0].rerun);
  EXPECT_TRUE(past[1].trials[0].rerun);
  EXPECT_TRUE(store.ReadSweep(second).sessions[0].rerun);
  EXPECT_FALSE(store.ReadSweep(first).sessions[0].rerun);
  EXPECT_THAT(store.PastSweeps(first), IsEmpty());
  EXPECT_THAT(store.Sweeps(), SizeIs(2));
}

TEST(BaselineMarks, AreKeptInTheirOrder) {
  const Folder folder;
  Store store = Store::OpenForWriting(folder / "s.db");
  const int64_t id = AddSweep(store, false);
  store.AddBaselineMark({id, BaselineKind::kPinned, "release 1", "2026-11-22T01:00:00Z"});
  store.AddBaselineMark({id, BaselineKind::kPromoted, "", "2026-11-22T02:00:00Z"});
  const std::vector<BaselineMark> marks = store.BaselineMarks();
  ASSERT_THAT(marks, SizeIs(2));
  EXPECT_EQ(marks[0].kind, BaselineKind::kPinned);
  EXPECT_EQ(marks[0].note, "release 1");
  EXPECT_EQ(marks[1].kind, BaselineKind::kPromoted);
  EXPECT_EQ(marks[1].sweep_id, id);
  EXPECT_THROW(store.AddBaselineMark({id + 7, BaselineKind::kPinned, "", ""}), Error);
}

}  // namespace
}  // namespace moebench
