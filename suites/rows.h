// Records of a published file, whatever it is written in: JSONL, a JSON list (or an object with
// "examples"), CSV or TSV with a header line. Told by content, not by name.
//   for (const JsonLine& row : ReadRows("test.jsonl")) row.Text("question");
// A row of CSV is an object of strings. Parquet, gzip and zip are refused with the way out.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "suites/json_line.h"

namespace moebench {

// Throws Error naming file:line (of a JSON list, the position in it).
std::vector<JsonLine> ReadRows(const std::filesystem::path& file);
std::vector<JsonLine> ParseRows(const std::string& text, const std::string& name);

}  // namespace moebench
