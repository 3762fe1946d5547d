// One INSERT of a whole row, filled from left to right in the table's order of columns, without the
// checksum: that is computed from what was filled in.
//   Insert insert(db, "trial");
//   insert.Int(NextId(db, "trial")).Text(...)...;  insert.Run();
// Text goes with its length: it may hold NUL and bytes that are no UTF-8. Throws Error for a figure
// that is not a finite number and for texts beyond reason. Only results/store*.cc includes this.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "results/store_checksum.h"

namespace moebench {

class Insert {
 public:
  Insert(SQLite::Database& db, const std::string& table);

  Insert& Text(const std::string& value);
  Insert& Int(int64_t value);
  Insert& Bits(uint64_t value);  // the 64 bits as a signed number
  Insert& OptionalInt(const std::optional<int64_t>& value);
  Insert& Real(double value);
  Insert& OptionalReal(const std::optional<double>& value);
  Insert& Blob(const std::string& bytes);
  Insert& Floats(const std::vector<float>& values);  // a blob, f32, little-endian
  void Run();                                        // then ready for the next row

 private:
  int NextColumn();

  SQLite::Statement statement_;
  int checksum_column_;
  int index_ = 0;
  RowHash hash_;
};

// For tables with INTEGER PRIMARY KEY AUTOINCREMENT, within the transaction that inserts: rows are
// never deleted, so the next number is the last one's successor.
int64_t NextId(SQLite::Database& db, const std::string& table);

}  // namespace moebench
