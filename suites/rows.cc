#include "suites/rows.h"

#include "harness/base/error.h"
#include "harness/base/files.h"

namespace moebench {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kMaxFileBytes = 256 << 20;
constexpr size_t kMaxRows = 1'000'000;

[[noreturn]] void Refuse(const std::string& what, const std::string& where,
                         const std::string& hint) {
  throw Error{what, where, hint, ExitCode::kBadData};
}

void RefuseContainers(const std::string& text, const std::string& name) {
  if (text.starts_with("PAR1")) {
    Refuse("is Parquet, which is not read", name,
           "write it as JSONL first: python3 -c \"import pandas; "
           "pandas.read_parquet('IN').to_json('OUT.jsonl', orient='records', lines=True)\"");
  }
  if (text.starts_with("\x1f\x8b")) Refuse("is gzip", name, "unpack it first: gunzip FILE");
  if (text.starts_with("PK\x03\x04")) Refuse("is a zip archive", name, "unpack it first");
  if (text.starts_with("version https://git-lfs")) {
    Refuse("is only a pointer to a large file", name, "fetch it with 'git lfs pull'");
  }
}

std::vector<JsonLine> FromList(const Json& list, const std::string& name) {
  std::vector<JsonLine> rows;
  for (size_t i = 0; i < list.size() && i < kMaxRows; ++i) {
    rows.emplace_back(list[i], name + ": element " + std::to_string(i + 1));
  }
  return rows;
}

// One record of RFC 4180; `at` goes behind its line end, `line` counts the line ends within.
std::vector<std::string> CsvRecord(const std::string& text, char separator, size_t& at, int& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted) {
      if (c == '\n') ++line;
      if (c != '"') {
        fields.back() += c;
      } else if (at + 1 < text.size() && text[at + 1] == '"') {
        fields.back() += text[++at];
      } else {
        quoted = false;
      }
    } else if (c == '"' && fields.back().empty() && separator == ',') {
      quoted = true;
    } else if (c == separator) {
      fields.emplace_back();
    } else if (c == '\n') {
      break;
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  ++at;
  ++line;
  return fields;
}

// MMLU's own files have no header: a question, four choices, a letter.
bool IsHeaderlessMmlu(const std::vector<std::string>& fields) {
  return fields.size() == 6 && fields[5].size() == 1 && fields[5][0] >= 'A' && fields[5][0] <= 'D';
}

std::vector<JsonLine> FromCsv(const std::string& text, const std::string& name) {
  const char separator =
      text.substr(0, text.find('\n')).find('\t') != std::string::npos ? '\t' : ',';
  size_t at = 0;
  int line = 1;
  std::vector<std::string> header = CsvRecord(text, separator, at, line);
  if (IsHeaderlessMmlu(header)) {
    header = {"question", "A", "B", "C", "D", "answer"};
    at = 0;
    line = 1;
  }
  if (header.size() < 2) {
    Refuse("is neither JSON nor a table", name, "JSONL, JSON, CSV and TSV are read");
  }
  std::vector<JsonLine> rows;
  while (at < text.size()) {
    const std::string where = name + ':' + std::to_string(line);
    const std::vector<std::string> fields = CsvRecord(text, separator, at, line);
    if (fields.size() == 1 && fields[0].empty()) continue;
    if (fields.size() != header.size()) {
      Refuse("has " + std::to_string(fields.size()) + " fields, the header " +
                 std::to_string(header.size()),
             where, "quote fields that hold the separator");
    }
    if (rows.size() == kMaxRows) Refuse("is the millionth row", where, "split the file");
    Json object = Json::object();
    for (size_t i = 0; i < fields.size(); ++i) object[header[i]] = fields[i];
    rows.emplace_back(std::move(object), where);
  }
  return rows;
}

}  // namespace

std::vector<JsonLine> ParseRows(const std::string& raw, const std::string& name) {
  RefuseContainers(raw, name);
  const std::string text = raw.starts_with("\xef\xbb\xbf") ? raw.substr(3) : raw;
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) Refuse("is empty", name, "");
  std::vector<JsonLine> rows;
  const Json whole = text[first] == '[' || text[first] == '{'
                         ? Json::parse(text, nullptr, /*allow_exceptions=*/false)
                         : Json(Json::value_t::discarded);
  if (whole.is_array()) {
    rows = FromList(whole, name);
  } else if (whole.is_object() && whole.contains("examples") && whole["examples"].is_array()) {
    rows = FromList(whole["examples"], name);
  } else if (text[first] == '{') {
    ForEachLine(text, [&](const std::string& line, int number) {
      if (rows.size() < kMaxRows) rows.emplace_back(line, name + ':' + std::to_string(number));
    });
  } else if (text[first] == '[') {
    Refuse("is no JSON list", name, "the file may be cut off");
  } else {
    rows = FromCsv(text, name);
  }
  if (rows.empty()) Refuse("holds no record", name, "");
  return rows;
}

std::vector<JsonLine> ReadRows(const std::filesystem::path& file) {
  return ParseRows(ReadFile(file, kMaxFileBytes), file.string());
}

}  // namespace moebench
