// The rows of `moebench bench` in llama-bench's formats: its columns and keys under its names and
// in its order (llama.cpp 0.7.0), then ours.
//   BenchPrinter printer(BenchFormat::kMarkdown, spec, stdout);
//   printer.Row(row); ...; printer.Finish();
// Texts are escaped as each format wants it. Every row is flushed. Not thread-safe.
#pragma once

#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/cli/bench_row.h"

namespace moebench {

enum class BenchFormat { kMarkdown, kCsv, kJson, kJsonLines, kSql };

// csv, json, jsonl, md or sql. Throws Error (kUsage) naming the option.
BenchFormat BenchFormatOf(const std::string& name, const std::string& option);

class BenchPrinter {
 public:
  BenchPrinter(BenchFormat format, const BenchSpec& spec, std::FILE* out)
      : format_(format), spec_(spec), out_(out) {}

  void Row(const BenchRow& row);
  void Finish();  // what follows the last row; again: nothing

 private:
  BenchFormat format_;
  const BenchSpec& spec_;
  std::FILE* out_;
  int rows_ = 0;
  bool finished_ = false;
  std::vector<BenchRow> kept_;  // Markdown tells more of them below the table
};

// The parts, as text.
std::string BenchCsvHeader();
std::string BenchCsv(const BenchRow& row);
std::string BenchJson(const BenchRow& row, int indent);  // -1 = one line
std::string BenchSqlTable();
std::string BenchSql(const BenchRow& row);
std::string BenchMarkdownHeader(const BenchSpec& spec);
std::string BenchMarkdown(const BenchSpec& spec, const BenchRow& row);
std::string BenchMarkdownNotes(std::span<const BenchRow> rows);

}  // namespace moebench
