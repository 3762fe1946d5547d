// What the store says of other sweeps than the one at hand: their speeds, and what people said of
// them.
#include <limits>

#include "harness/base/error.h"
#include "results/store.h"
#include "results/store_impl.h"
#include "results/store_insert.h"
#include "results/store_row.h"

namespace moebench {
namespace {

constexpr char kPromoted[] = "promoted", kPinned[] = "pinned";

// Tokens/s as TrialRecord::DecodeTps has it, of instances their sum; the length of a blob is known
// without reading it.
constexpr char kSpeedSql[] =
    "SELECT t.cell_id, t.session_id, position, coalesce((SELECT sum(CASE WHEN i.decode_ms > 0 THEN"
    " 1e3 * timed_tokens / i.decode_ms ELSE 0.0 END) FROM trial_instance i WHERE i.trial_id = "
    "t.id),"
    " CASE WHEN decode_ms > 0 THEN"
    " 1e3 * (length(inter_token_ms) / 4) / decode_ms ELSE 0.0 END), r.session_id IS NOT NULL,"
    " unstable <> '' FROM trial t LEFT JOIN rerun_session r ON r.session_id = t.session_id"
    " WHERE t.sweep_id = ? ORDER BY t.id";

std::vector<SweepRecord> SweepsBefore(SQLite::Database& db, int64_t sweep_id) {
  return Rows<SweepRecord>(db, std::string(kSweepColumns) + " WHERE id < ? ORDER BY id", sweep_id,
                           ReadSweepRow);
}

PastTrial ReadPastTrial(Row& row) {
  return {.cell_id = row.Text(),
          .session_id = row.Int64(),
          .order = row.Int(),
          .decode_tps = row.Real(),
          .rerun = row.Int() != 0,
          .unstable = row.Int() != 0};
}

}  // namespace

std::vector<SweepRecord> Store::Sweeps() const {
  return InStoreWords(
      impl_->path, [&] { return SweepsBefore(*impl_->db, std::numeric_limits<int64_t>::max()); });
}

std::vector<PastSweep> Store::PastSweeps(int64_t before_sweep_id) const {
  return InStoreWords(impl_->path, [&] {
    SQLite::Database& db = *impl_->db;
    SQLite::Transaction one_moment(db);
    std::vector<PastSweep> past;
    for (SweepRecord& sweep : SweepsBefore(db, before_sweep_id)) {
      PastSweep& then = past.emplace_back();
      then.sweep = std::move(sweep);
      then.cells = Rows<CellRecord>(db, kCellSql, then.sweep.id, ReadCell);
      std::set<std::string> well;
      for (const CellRecord& cell : then.cells) {
        if (cell.status == Status::kOk) well.insert(cell.cell_id);
      }
      then.trials = Rows<PastTrial>(db, kSpeedSql, then.sweep.id, ReadPastTrial);
      std::erase_if(then.trials, [&](const PastTrial& t) { return !well.contains(t.cell_id); });
    }
    return past;
  });
}

void Store::AddBaselineMark(const BaselineMark& mark) {
  InStoreWords(impl_->path, [&] {
    SQLite::Database& db = *impl_->db;
    SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
    Insert(db, "baseline_mark")
        .Int(NextId(db, "baseline_mark"))
        .Int(mark.sweep_id)
        .Text(mark.kind == BaselineKind::kPinned ? kPinned : kPromoted)
        .Text(mark.note)
        .Text(mark.at)
        .Run();
    transaction.commit();
  });
}

std::vector<BaselineMark> Store::BaselineMarks() const {
  return InStoreWords(impl_->path, [&] {
    SQLite::Statement query(*impl_->db,
                            "SELECT sweep_id, kind, note, at FROM baseline_mark ORDER BY id");
    std::vector<BaselineMark> marks;
    while (query.executeStep()) {
      Row row(query);
      BaselineMark mark;
      mark.sweep_id = row.Int64();
      mark.kind = row.Text() == kPinned ? BaselineKind::kPinned : BaselineKind::kPromoted;
      mark.note = row.Text();
      mark.at = row.Text();
      marks.push_back(std::move(mark));
    }
    return marks;
  });
}

}  // namespace moebench
