#include "results/store_checksum.h"

#include <algorithm>
#include <bit>

#include "harness/base/error.h"

namespace moebench {
namespace {

// Column 0 is the rowid, the table's columns follow.
constexpr char kRowsOf[] = "SELECT rowid, * FROM ";

std::string_view Bytes(const SQLite::Column& column) {
  const void* data = column.getBlob();  // null for no bytes
  return {static_cast<const char*>(data), data ? static_cast<size_t>(column.getBytes()) : 0};
}

void AddColumn(const SQLite::Column& column, RowHash* hash) {
  if (column.isNull()) return hash->Null();
  if (column.isInteger()) return hash->Int(column.getInt64());
  if (column.isFloat()) return hash->Real(column.getDouble());
  return column.isText() ? hash->Text(Bytes(column)) : hash->Blob(Bytes(column));
}

int64_t ChecksumOf(SQLite::Statement& row, int checksum_column) {
  RowHash hash;
  for (int i = 1; i < row.getColumnCount(); ++i) {
    if (i != checksum_column) AddColumn(row.getColumn(i), &hash);
  }
  return hash.value();
}

// In a statement of kRowsOf; 0 if the table has none.
int ChecksumColumn(SQLite::Database& db, const std::string& table) {
  const std::vector<std::string> columns = ColumnsOf(db, table);
  const auto found = std::find(columns.begin(), columns.end(), kChecksumColumn);
  return found == columns.end() ? 0 : 1 + static_cast<int>(found - columns.begin());
}

// Rows numbered by SQLite (AUTOINCREMENT) are never deleted: the last number is their count.
bool HasGap(SQLite::Database& db, const std::string& table, int64_t rows) {
  SQLite::Statement last(db, "SELECT seq FROM sqlite_sequence WHERE name = ?");
  last.bind(1, table);
  return last.executeStep() && last.getColumn(0).getInt64() != rows;
}

}  // namespace

void RowHash::AddNumber(char kind, uint64_t bits) {
  std::string bytes(1, kind);
  for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(bits >> shift & 0xff);
  Add(bytes);
}
void RowHash::Int(int64_t value) { AddNumber('i', std::bit_cast<uint64_t>(value)); }
void RowHash::Real(double value) {
  AddNumber('r', std::bit_cast<uint64_t>(value == 0 ? 0.0 : value));
}
void RowHash::Text(std::string_view bytes) {
  AddNumber('t', bytes.size());
  Add(bytes);
}
void RowHash::Blob(std::string_view bytes) {
  AddNumber('b', bytes.size());
  Add(bytes);
}

std::vector<std::string> StoreTables(SQLite::Database& db) {
  SQLite::Statement query(db,
                          "SELECT name FROM sqlite_schema WHERE type = 'table' AND"
                          " name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid");
  std::vector<std::string> names;
  while (query.executeStep()) names.push_back(query.getColumn(0).getString());
  return names;
}

std::vector<std::string> ColumnsOf(SQLite::Database& db, const std::string& table) {
  SQLite::Statement query(db, "SELECT name FROM pragma_table_info(?) ORDER BY cid");
  query.bind(1, table);
  std::vector<std::string> names;
  while (query.executeStep()) names.push_back(query.getColumn(0).getString());
  return names;
}

void SealRows(SQLite::Database& db, const std::string& table) {
  const int checksum_column = ChecksumColumn(db, table);
  CHECK(checksum_column > 0);
  std::vector<std::pair<int64_t, int64_t>> sums;  // rowid, checksum
  for (SQLite::Statement row(db, kRowsOf + table); row.executeStep();) {
    sums.emplace_back(row.getColumn(0).getInt64(), ChecksumOf(row, checksum_column));
  }
  SQLite::Statement update(db, "UPDATE " + table + " SET checksum = ? WHERE rowid = ?");
  for (const auto& [rowid, sum] : sums) {
    update.bind(1, sum);
    update.bind(2, rowid);
    update.exec();
    update.reset();
  }
}

std::vector<std::string> DamagedRows(SQLite::Database& db, size_t limit) {
  std::vector<std::string> damaged;
  for (const std::string& table : StoreTables(db)) {
    const int checksum_column = ChecksumColumn(db, table);
    if (checksum_column == 0) continue;  // somebody's own table; ours are known to be as made
    int64_t rows = 0;
    for (SQLite::Statement row(db, kRowsOf + table); row.executeStep(); ++rows) {
      if (row.getColumn(checksum_column).getInt64() == ChecksumOf(row, checksum_column)) continue;
      damaged.push_back(table + ", row " + std::to_string(row.getColumn(0).getInt64()) +
                        ": its checksum is wrong");
      if (damaged.size() >= limit) return damaged;
    }
    if (HasGap(db, table, rows)) damaged.push_back(table + ": rows are missing");
  }
  return damaged;
}

}  // namespace moebench
