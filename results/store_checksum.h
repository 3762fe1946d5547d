// A checksum in every row of the store, over its other columns in the table's order: what finds a
// turned bit inside a number, which SQLite's own check of a file does not look at. FNV-1a of each
// value's kind, length and bytes; any change of one byte changes it.
//   SealRows(db, "trial");                       // in a schema step
//   std::vector<std::string> bad = DamagedRows(db, 3);
// Not against people: whoever can write the file can write the checksum.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/hash.h"

namespace moebench {

class RowHash {
 public:
  void Null() { Add("n"); }
  void Int(int64_t value);
  void Real(double value);  // -0 counts as 0: SQLite keeps no sign of it
  void Text(std::string_view bytes);
  void Blob(std::string_view bytes);
  int64_t value() const { return static_cast<int64_t>(hash_); }

 private:
  void Add(std::string_view bytes) { hash_ = Fnv1a64(bytes, hash_); }
  void AddNumber(char kind, uint64_t bits);
  uint64_t hash_ = Fnv1a64("");
};

inline constexpr char kChecksumColumn[] = "checksum";

std::vector<std::string> StoreTables(SQLite::Database& db);  // ours, in the order they were made
std::vector<std::string> ColumnsOf(SQLite::Database& db, const std::string& table);

// Writes the checksum of every row of a table that may be changed.
void SealRows(SQLite::Database& db, const std::string& table);

// "trial, row 17: its checksum is wrong", at most `limit` of them; also tables whose numbered rows
// have a gap.
std::vector<std::string> DamagedRows(SQLite::Database& db, size_t limit);

}  // namespace moebench
