#include "results/import_llama_bench.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/base/files.h"
#include "harness/base/hash.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr uint64_t kMostBytes = 256 << 20;
constexpr size_t kMostRows = 1'000'000;
constexpr size_t kLongestText = 64 << 10;
constexpr std::string_view kSqliteMagic("SQLite format 3\0", 16);

[[noreturn]] void Refuse(const std::string& what, const std::string& where) {
  throw Error{what, where, "is it what llama-bench -o jsonl, json or sql wrote?"};
}

// Reads the fields of one row; `where` names it in errors.
class RowReader {
 public:
  RowReader(const Json& row, std::string where) : row_(row), where_(std::move(where)) {}

  std::string Text(const char* key) const {
    const Json& value = Get(key);
    if (!value.is_string()) Refuse(std::string(key) + " is no text", where_);
    const std::string& text = value.get_ref<const std::string&>();
    if (text.size() > kLongestText) Refuse(std::string(key) + " is longer than 64 KiB", where_);
    return text;
  }
  int64_t Count(const char* key) const {
    const double value = Number(key);
    if (value < 0 || value > 1e9 || value != std::floor(value)) {
      Refuse(std::string(key) + " is no whole number from 0 to 1e9", where_);
    }
    return static_cast<int64_t>(value);
  }
  double Speed(const char* key) const {
    const double value = Number(key);
    if (!(value >= 0 && value <= 1e12)) Refuse(std::string(key) + " is no speed", where_);
    return value;
  }

 private:
  const Json& Get(const char* key) const {
    const auto found = row_.find(key);
    if (found == row_.end() || found->is_null()) Refuse(std::string("has no ") + key, where_);
    return *found;
  }
  // Numbers may be quoted: the SQL that llama-bench writes quotes all.
  double Number(const char* key) const {
    const Json& value = Get(key);
    if (value.is_number()) return value.get<double>();
    if (value.is_string()) {
      const std::string& text = value.get_ref<const std::string&>();
      double number = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error == std::errc() && end == text.data() + text.size() && std::isfinite(number)) {
        return number;
      }
    }
    Refuse(std::string(key) + " is no number", where_);
  }

  const Json& row_;
  std::string where_;
};

ImportedRecord RecordOf(const Json& row, const std::string& where) {
  if (!row.is_object()) Refuse("is no object", where);
  const RowReader read(row, where);
  ImportedRecord record;
  record.instrument = "llama-bench";
  record.test_time = read.Text("test_time");
  record.build_commit = read.Text("build_commit");
  record.cpu_info = read.Text("cpu_info");
  record.model_filename = read.Text("model_filename");
  record.model_type = read.Text("model_type");
  record.n_threads = read.Count("n_threads");
  record.n_prompt = read.Count("n_prompt");
  record.n_gen = read.Count("n_gen");
  record.n_depth = row.contains("n_depth") ? read.Count("n_depth") : 0;  // older ones lack it
  record.avg_ts = read.Speed("avg_ts");
  record.stddev_ts = read.Speed("stddev_ts");
  record.row_json = row.dump(-1, ' ', false, Json::error_handler_t::replace);
  return record;
}

// nlohmann's own depth is unbounded: a row is flat, its samples are lists of numbers.
Json Parse(std::string_view text, const std::string& where) {
  constexpr int kDeepest = 4;
  const Json::parser_callback_t shallow = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > kDeepest) Refuse("is nested too deeply", where);
    return true;
  };
  Json json = Json::parse(text.begin(), text.end(), shallow, /*allow_exceptions=*/false);
  if (json.is_discarded()) Refuse("is no JSON", where);
  return json;
}

std::vector<ImportedRecord> FromJsonArray(const std::string& text, const std::string& name) {
  // A llama-bench that failed on the way left its list open.
  std::string whole = text;
  const size_t last = whole.find_last_not_of(" \t\r\n,");
  if (last != std::string::npos && whole[last] == '}') whole = whole.substr(0, last + 1) + "]";
  std::vector<ImportedRecord> records;
  for (const Json& row : Parse(whole, name)) {
    records.push_back(RecordOf(row, name + ": row " + std::to_string(records.size() + 1)));
    if (records.size() > kMostRows) Refuse("has more than a million rows", name);
  }
  return records;
}

std::vector<ImportedRecord> FromJsonLines(std::string_view text, const std::string& name) {
  std::vector<ImportedRecord> records;
  for (int line = 1; !text.empty(); ++line) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view row = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (row.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const std::string where = name + ':' + std::to_string(line);
    records.push_back(RecordOf(Parse(row, where), where));
    if (records.size() > kMostRows) Refuse("has more than a million rows", name);
  }
  return records;
}

Json ValueOf(const SQLite::Column& column) {
  if (column.isNull()) return nullptr;
  if (column.isInteger()) return column.getInt64();
  if (column.isFloat()) return column.getDouble();
  return column.getString();
}

std::vector<ImportedRecord> FromSqlite(const fs::path& file) {
  const std::string name = file.string();
  try {
    SQLite::Database db(name, SQLite::OPEN_READONLY);
    sqlite3_db_config(db.getHandle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_limit(db.getHandle(), SQLITE_LIMIT_LENGTH, 16 << 20);
    db.exec("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
    if (db.execAndGet("PRAGMA quick_check(1)").getString() != "ok") Refuse("is damaged", name);
    // "test" is what upstream calls it, "llama_bench" what forks do. No views: those are code.
    SQLite::Statement tables(db,
                             "SELECT name FROM sqlite_schema WHERE type = 'table' AND name IN"
                             " ('test', 'llama_bench') ORDER BY name");
    if (!tables.executeStep()) Refuse("has no table 'test' or 'llama_bench'", name);
    const std::string table = tables.getColumn(0).getString();
    SQLite::Statement rows(db, "SELECT * FROM " + table);
    std::vector<ImportedRecord> records;
    while (rows.executeStep()) {
      Json row = Json::object();
      for (int i = 0; i < rows.getColumnCount(); ++i) {
        row[rows.getColumnName(i)] = ValueOf(rows.getColumn(i));
      }
      records.push_back(RecordOf(row, name + ": row " + std::to_string(records.size() + 1)));
      if (records.size() > kMostRows) Refuse("has more than a million rows", name);
    }
    return records;
  } catch (const SQLite::Exception& error) {
    Refuse(std::string("can't be read: ") + error.what(), name);
  }
}

}  // namespace

std::vector<ImportedRecord> ReadLlamaBench(const fs::path& file) {
  const std::string text = ReadFile(file, kMostBytes);
  const size_t first = text.find_first_not_of(" \t\r\n");
  std::vector<ImportedRecord> records;
  if (text.starts_with(kSqliteMagic)) {
    records = FromSqlite(file);
  } else if (first != std::string::npos && text[first] == '[') {
    records = FromJsonArray(text, file.string());
  } else {
    records = FromJsonLines(text, file.string());
  }
  if (records.empty()) Refuse("holds no result", file.string());
  const std::string at = UtcNow(), sha256 = Sha256Hex(text);
  for (size_t i = 0; i < records.size(); ++i) {
    records[i].at = at;
    records[i].source = file.filename().string();
    records[i].source_sha256 = sha256;
    records[i].position = static_cast<int64_t>(i);
  }
  return records;
}

}  // namespace moebench
