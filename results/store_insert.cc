#include "results/store_insert.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "harness/base/error.h"

namespace moebench {
namespace {

constexpr size_t kMaxBytes = size_t{512} << 20;

std::string InsertSql(SQLite::Database& db, const std::string& table) {
  std::string sql = "INSERT INTO " + table + " VALUES(";
  for (size_t i = ColumnsOf(db, table).size(); i > 0; --i) sql += i > 1 ? "?," : "?)";
  return sql;
}

}  // namespace

Insert::Insert(SQLite::Database& db, const std::string& table)
    : statement_(db, InsertSql(db, table)) {
  const std::vector<std::string> columns = ColumnsOf(db, table);
  const auto found = std::find(columns.begin(), columns.end(), kChecksumColumn);
  CHECK(found != columns.end());
  checksum_column_ = 1 + static_cast<int>(found - columns.begin());
}

int Insert::NextColumn() {
  if (++index_ == checksum_column_) ++index_;
  return index_;
}

Insert& Insert::Text(const std::string& value) {
  if (value.size() > kMaxBytes) throw Error{"a text is larger than 512 MiB", "store"};
  statement_.bind(NextColumn(), value);
  hash_.Text(value);
  return *this;
}

Insert& Insert::Int(int64_t value) {
  statement_.bind(NextColumn(), value);
  hash_.Int(value);
  return *this;
}

Insert& Insert::Bits(uint64_t value) { return Int(std::bit_cast<int64_t>(value)); }

Insert& Insert::OptionalInt(const std::optional<int64_t>& value) {
  if (value) return Int(*value);
  statement_.bind(NextColumn());
  hash_.Null();
  return *this;
}

Insert& Insert::Real(double value) {
  if (!std::isfinite(value)) throw Error{"a figure is not a finite number", "store"};
  statement_.bind(NextColumn(), value);
  hash_.Real(value);
  return *this;
}

Insert& Insert::OptionalReal(const std::optional<double>& value) {
  if (value) return Real(*value);
  statement_.bind(NextColumn());
  hash_.Null();
  return *this;
}

Insert& Insert::Blob(const std::string& bytes) {
  if (bytes.size() > kMaxBytes) throw Error{"a blob is larger than 512 MiB", "store"};
  statement_.bind(NextColumn(), static_cast<const void*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  hash_.Blob(bytes);
  return *this;
}

Insert& Insert::Floats(const std::vector<float>& values) {
  if (values.size() > kMaxBytes / 4) throw Error{"too many latencies in one trial", "store"};
  std::string bytes;
  bytes.reserve(4 * values.size());
  for (const float value : values) {
    const auto bits = std::bit_cast<uint32_t>(value);
    for (const int shift : {0, 8, 16, 24}) bytes += static_cast<char>(bits >> shift & 0xff);
  }
  return Blob(bytes);
}

void Insert::Run() {
  statement_.bind(checksum_column_, hash_.value());
  statement_.exec();
  statement_.reset();
  statement_.clearBindings();
  index_ = 0;
  hash_ = RowHash();
}

int64_t NextId(SQLite::Database& db, const std::string& table) {
  return db.execAndGet("SELECT coalesce(max(id), 0) + 1 FROM " + table).getInt64();
}

}  // namespace moebench
