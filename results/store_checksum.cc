#include "results/store_checksum.h"

#include <sqlite3.h>

#include <algorithm>
#include <bit>

#include "harness/base/error.h"

namespace moebench {
namespace {

// Every row of a table: column 0 is the rowid, the table's columns follow. SQLite's own interface,
// because millions of values are looked at whenever a database is opened.
class AllRows {
 public:
  AllRows(SQLite::Database& db, const std::string& table) : db_(db.getHandle()) {
    const std::string sql = "SELECT rowid, * FROM " + table;
    Check(sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement_, nullptr));
  }
  ~AllRows() { sqlite3_finalize(statement_); }
  AllRows(const AllRows&) = delete;
  AllRows& operator=(const AllRows&) = delete;

  bool Next() {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) Check(code);
    return false;
  }
  int64_t Int(int column) const { return sqlite3_column_int64(statement_, column); }
  // Over all columns but this one.
  int64_t Checksum(int checksum_column) const {
    RowHash hash;
    const int columns = sqlite3_column_count(statement_);
    for (int i = 1; i < columns; ++i) {
      if (i != checksum_column) Add(i, &hash);
    }
    return hash.value();
  }

 private:
  void Check(int code) const {
    if (code != SQLITE_OK) throw SQLite::Exception(db_, code);
  }
  void Add(int column, RowHash* hash) const {
    switch (sqlite3_column_type(statement_, column)) {
      case SQLITE_NULL:
        return hash->Null();
      case SQLITE_INTEGER:
        return hash->Int(Int(column));
      case SQLITE_FLOAT:
        return hash->Real(sqlite3_column_double(statement_, column));
      case SQLITE_TEXT:
        return hash->Text(Bytes(column));
      default:
        return hash->Blob(Bytes(column));
    }
  }
  std::string_view Bytes(int column) const {
    const void* data = sqlite3_column_blob(statement_, column);  // null for no bytes
    const int size = sqlite3_column_bytes(statement_, column);
    return {static_cast<const char*>(data), data ? static_cast<size_t>(size) : 0};
  }

  sqlite3* db_;
  sqlite3_stmt* statement_ = nullptr;
};

// In AllRows; 0 if the table has none.
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
  char bytes[9] = {kind};
  for (int i = 0; i < 8; ++i) bytes[i + 1] = static_cast<char>(bits >> (8 * i) & 0xff);
  Add({bytes, sizeof bytes});
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
  for (AllRows row(db, table); row.Next();) {
    sums.emplace_back(row.Int(0), row.Checksum(checksum_column));
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
    for (AllRows row(db, table); row.Next(); ++rows) {
      if (row.Int(checksum_column) == row.Checksum(checksum_column)) continue;
      damaged.push_back(table + ", row " + std::to_string(row.Int(0)) + ": its checksum is wrong");
      if (damaged.size() >= limit) return damaged;
    }
    if (HasGap(db, table, rows)) damaged.push_back(table + ": rows are missing");
  }
  return damaged;
}

}  // namespace moebench
