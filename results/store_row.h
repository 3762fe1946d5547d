// Rows of the store as they are read: columns from left to right, and the records that more than
// one reader makes of them. Only results/store*.cc includes this.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <bit>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "results/store.h"

namespace moebench {

// Reads the columns of the current row from left to right.
class Row {
 public:
  explicit Row(SQLite::Statement& statement) : statement_(statement) {}

  std::string Text() { return statement_.getColumn(index_++).getString(); }
  int64_t Int64() { return statement_.getColumn(index_++).getInt64(); }
  int Int() { return static_cast<int>(Int64()); }
  uint64_t Bits() { return std::bit_cast<uint64_t>(Int64()); }
  double Real() { return statement_.getColumn(index_++).getDouble(); }
  std::optional<int64_t> OptionalInt() {
    const SQLite::Column column = statement_.getColumn(index_++);
    if (column.isNull()) return std::nullopt;
    return column.getInt64();
  }
  std::optional<double> OptionalReal() {
    const SQLite::Column column = statement_.getColumn(index_++);
    if (column.isNull()) return std::nullopt;
    return column.getDouble();
  }
  std::vector<float> Floats() {
    const std::string bytes = Text();
    std::vector<float> values(bytes.size() / 4);
    for (size_t i = 0; i < values.size(); ++i) {
      uint32_t bits = 0;
      for (size_t b = 4; b-- > 0;) bits = bits << 8 | static_cast<unsigned char>(bytes[4 * i + b]);
      values[i] = std::bit_cast<float>(bits);
    }
    return values;
  }

 private:
  SQLite::Statement& statement_;
  int index_ = 0;
};

inline Status StatusOfWord(const std::string& word) {
  for (const Status status : {Status::kPlanned, Status::kOk, Status::kSkipped, Status::kInvalid}) {
    if (word == StatusWord(status)) return status;
  }
  return Status::kFailed;
}

// Rows of a query whose only parameter is the sweep.
template <typename Record, typename Read>
std::vector<Record> Rows(SQLite::Database& db, const std::string& sql, int64_t sweep_id,
                         Read read) {
  SQLite::Statement statement(db, sql);
  statement.bind(1, sweep_id);
  std::vector<Record> records;
  while (statement.executeStep()) {
    Row row(statement);
    records.push_back(read(row));
  }
  return records;
}

// Rows whose first column is the id of a trial or answer, handed to the record of that id. table:
// trial | answer, read in the order of their ids as ReadSweep does.
template <typename Record, typename Fill>
void FillByNumber(SQLite::Database& db, const std::string& table, const std::string& sql,
                  int64_t sweep_id, std::vector<Record>& records, Fill fill) {
  std::map<int64_t, Record*> by_id;
  const auto ids = Rows<int64_t>(db, "SELECT id FROM " + table + " WHERE sweep_id = ? ORDER BY id",
                                 sweep_id, [](Row& row) { return row.Int64(); });
  for (size_t i = 0; i < ids.size() && i < records.size(); ++i) by_id[ids[i]] = &records[i];
  SQLite::Statement statement(db, sql);
  statement.bind(1, sweep_id);
  while (statement.executeStep()) {
    Row row(statement);
    const auto found = by_id.find(row.Int64());
    if (found != by_id.end()) fill(row, *found->second);
  }
}

// Members are filled in the order of the columns: braces evaluate from left to right.
inline SweepRecord ReadSweepRow(Row& row) {
  return {.id = row.Int64(),
          .started = row.Text(),
          .finished = row.Text(),
          .version = row.Text(),
          .config_json = row.Text(),
          .config_hash = row.Text(),
          .machine_json = row.Text(),
          .machine_hash = row.Text(),
          .seed = row.Bits()};
}

inline CellRecord ReadCell(Row& row) {
  CellRecord record;
  record.cell_id = row.Text();
  record.cell = {.model_path = row.Text(),
                 .model_sha256 = row.Text(),
                 .runner = row.Text(),
                 .k = row.Int(),
                 .decoding = row.Text(),
                 .placement = row.Text(),
                 .threads = row.Int(),
                 .instances = static_cast<int>(std::clamp<int64_t>(row.Int64(), 1, 4096)),
                 .kv = row.Text(),
                 .baseline = row.Int() != 0,
                 .control = row.Int()};
  record.bytes_per_token_predicted = row.Real();
  record.max_speedup = row.Real();
  record.status = StatusOfWord(row.Text());
  record.reason = row.Text();
  return record;
}

inline constexpr char kSweepColumns[] =
    "SELECT id, started, coalesce(finished, ''), version, config_json, config_hash, machine_json,"
    " machine_hash, seed FROM sweep LEFT JOIN sweep_end ON sweep_id = id";
inline constexpr char kCellSql[] =
    "SELECT c.cell_id, model_path, model_sha256, runner, k, decoding, placement, threads,"
    " coalesce(n.instances, 1), kv, baseline, control, bytes_per_token_predicted, max_speedup, "
    "coalesce(e.status, c.status),"
    " coalesce(e.reason, c.reason) FROM cell c LEFT JOIN cell_instances n ON"
    " n.sweep_id = c.sweep_id AND n.cell_id = c.cell_id LEFT JOIN cell_event e ON e.id ="
    " (SELECT max(id) FROM cell_event x WHERE x.sweep_id = c.sweep_id AND x.cell_id = c.cell_id)"
    " WHERE c.sweep_id = ? ORDER BY c.ordinal";

}  // namespace moebench
