#include "harness/cli/bench_output.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "harness/base/error.h"
#include "harness/base/suggest.h"
#include "harness/base/version.h"
#include "harness/stats/summary.h"

namespace moebench {
namespace {

using Json = nlohmann::ordered_json;

// A column: llama-bench's name, SQLite's type, the value (null where there is none).
struct Column {
  const char* name;
  const char* type;
  Json value;
};

Json OrNull(double value) { return value > 0 ? Json(value) : Json(); }

double Mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double Deviation(std::span<const double> values) {  // of a sample
  if (values.size() < 2) return 0;
  const double mean = Mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

std::string ModelType(const ModelFacts& facts) {
  const double parameters = static_cast<double>(facts.parameter_count);
  return fmt::format("{} {:.1f}{} {}", facts.architecture,
                     parameters / (parameters < 1e9 ? 1e6 : 1e9), parameters < 1e9 ? "M" : "B",
                     facts.quantisation);
}

void AddFigures(const BenchRow& row, std::vector<Column>& columns) {
  const std::vector<double> speeds = row.SamplesTs();
  const std::vector<double> times(row.samples_ns.begin(), row.samples_ns.end());
  const bool any = !times.empty();
  columns.insert(columns.end(),
                 {{"avg_ns", "INTEGER", any ? Json(std::llround(Mean(times))) : Json()},
                  {"stddev_ns", "INTEGER", any ? Json(std::llround(Deviation(times))) : Json()},
                  {"avg_ts", "REAL", any ? Json(Mean(speeds)) : Json()},
                  {"stddev_ts", "REAL", any ? Json(Deviation(speeds)) : Json()},
                  {"samples_ns", "TEXT", row.samples_ns},
                  {"samples_ts", "TEXT", speeds},
                  {"p50_ts", "REAL", any ? Json(Median(speeds)) : Json()}});
}

// llama-bench's columns with what holds of this engine, then its figures, then ours.
std::vector<Column> ColumnsOf(const BenchRow& row, const std::string& cpu_model) {
  const BenchTest& test = row.test;
  std::vector<Column> columns = {{"build_commit", "TEXT", std::string(Version())},
                                 {"build_number", "INTEGER", 0},
                                 {"cpu_info", "TEXT", cpu_model},
                                 {"gpu_info", "TEXT", ""},
                                 {"backends", "TEXT", "moebench"},
                                 {"model_filename", "TEXT", row.model_path},
                                 {"model_type", "TEXT", ModelType(row.facts)},
                                 {"model_size", "INTEGER", row.facts.file_bytes},
                                 {"model_n_params", "INTEGER", row.facts.parameter_count},
                                 {"n_batch", "INTEGER", test.batch},
                                 {"n_ubatch", "INTEGER", test.micro_batch},
                                 {"n_threads", "INTEGER", row.threads},
                                 {"cpu_mask", "TEXT", "0x0"},
                                 {"cpu_strict", "INTEGER", true},
                                 {"poll", "INTEGER", 100},
                                 {"type_k", "TEXT", row.cache_type},
                                 {"type_v", "TEXT", row.cache_type},
                                 {"n_gpu_layers", "INTEGER", 0},
                                 {"n_cpu_moe", "INTEGER", 0},
                                 {"split_mode", "TEXT", "layer"},
                                 {"main_gpu", "INTEGER", 0},
                                 {"no_kv_offload", "INTEGER", false},
                                 {"flash_attn", "INTEGER", 1},
                                 {"devices", "TEXT", "auto"},
                                 {"tensor_split", "TEXT", "0.00"},
                                 {"tensor_buft_overrides", "TEXT", "none"},
                                 {"load_mode", "TEXT", "packed"},
                                 {"embeddings", "INTEGER", false},
                                 {"no_op_offload", "INTEGER", 0},
                                 {"no_host", "INTEGER", false},
                                 {"fit_target", "INTEGER", 0},
                                 {"fit_min_ctx", "INTEGER", 0},
                                 {"n_prompt", "INTEGER", test.prompt_tokens},
                                 {"n_gen", "INTEGER", test.generated_tokens},
                                 {"n_depth", "INTEGER", test.depth},
                                 {"test_time", "TEXT", row.test_time}};
  AddFigures(row, columns);
  const double read = row.ReadGbps();
  const double extrapolated = row.ExtrapolatedTs();
  columns.insert(columns.end(),
                 {{"n_experts_used", "INTEGER", test.k},
                  {"n_experts", "INTEGER", row.facts.n_experts},
                  {"placement", "TEXT", row.placement},
                  {"bytes_per_token", "REAL", OrNull(row.bytes_per_token)},
                  {"read_gbps", "REAL", OrNull(read)},
                  {"bandwidth_gbps", "REAL", OrNull(row.bandwidth_gbps)},
                  {"bandwidth_share", "REAL",
                   row.bandwidth_gbps > 0 ? OrNull(read / row.bandwidth_gbps) : Json()},
                  {"unique_experts", "REAL", OrNull(row.unique_experts)},
                  {"status", "TEXT", row.status},
                  {"reason", "TEXT", row.reason},
                  {"machine_quiet", "INTEGER", row.disturbed.empty()},
                  {"machine_note", "TEXT", row.disturbed},
                  {"synthetic", "TEXT", row.facts.synthetic},
                  {"extrapolated_layers", "INTEGER",
                   extrapolated > 0 ? Json(row.facts.synthetic_layers) : Json()},
                  {"extrapolated_ts", "REAL", OrNull(extrapolated)}});
  return columns;
}

// A value as text: bools as 0 and 1, arrays as JSON, nothing for null.
std::string PlainText(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "1" : "0";
  if (value.is_number_float()) return fmt::format("{:.6f}", value.get<double>());
  return value.dump();
}

std::string Doubled(const std::string& text, char quote) {
  std::string out(1, quote);
  for (const char c : text) out.append(c == quote ? 2 : 1, c);
  return out + quote;
}

std::string Names(const std::vector<Column>& columns) {
  std::string names;
  for (const Column& column : columns) {
    if (!names.empty()) names += ", ";
    names += column.name;
  }
  return names;
}

}  // namespace

BenchFormat BenchFormatOf(const std::string& name, const std::string& option) {
  if (name == "md") return BenchFormat::kMarkdown;
  if (name == "csv") return BenchFormat::kCsv;
  if (name == "json") return BenchFormat::kJson;
  if (name == "jsonl") return BenchFormat::kJsonLines;
  if (name == "sql") return BenchFormat::kSql;
  const std::vector<std::string> known = {"csv", "json", "jsonl", "md", "sql"};
  throw Error{"'" + name + "' is no format", option, SuggestName(name, known), ExitCode::kUsage};
}

std::string BenchCsvHeader() {
  std::string line;
  for (const Column& column : ColumnsOf({}, ""))
    line += (line.empty() ? "" : ",") + std::string(column.name);
  return line + "\n";
}

std::string BenchCsv(const BenchRow& row) {
  std::string line;
  for (const Column& column : ColumnsOf(row, row.cpu_model)) {
    if (!line.empty()) line += ',';
    line += Doubled(PlainText(column.value), '"');
  }
  return line + "\n";
}

std::string BenchJson(const BenchRow& row, int indent) {
  Json object = Json::object();
  for (Column& column : ColumnsOf(row, row.cpu_model))
    object[column.name] = std::move(column.value);
  return object.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string BenchSqlTable() {
  std::string text = "CREATE TABLE IF NOT EXISTS llama_bench (\n";
  const std::vector<Column> columns = ColumnsOf({}, "");
  for (size_t i = 0; i < columns.size(); ++i) {
    text += fmt::format("  {} {}{}\n", columns[i].name, columns[i].type,
                        i + 1 < columns.size() ? "," : "");
  }
  return text + ");\n\n";
}

std::string BenchSql(const BenchRow& row) {
  const std::vector<Column> columns = ColumnsOf(row, row.cpu_model);
  std::string values;
  for (const Column& column : columns) {
    if (!values.empty()) values += ", ";
    values += column.value.is_null() ? "NULL" : Doubled(PlainText(column.value), '\'');
  }
  return fmt::format("INSERT INTO llama_bench ({}) VALUES ({});\n", Names(columns), values);
}

void BenchPrinter::Row(const BenchRow& row) {
  const bool first = rows_++ == 0;
  std::string text;
  switch (format_) {
    case BenchFormat::kMarkdown:
      if (first) text = BenchMarkdownHeader(spec_);
      text += BenchMarkdown(spec_, row);
      kept_.push_back(row);
      break;
    case BenchFormat::kCsv:
      if (first) text = BenchCsvHeader();
      text += BenchCsv(row);
      break;
    case BenchFormat::kJson:
      text = (first ? "[\n" : ",\n") + BenchJson(row, 2);
      break;
    case BenchFormat::kJsonLines:
      text = BenchJson(row, -1) + "\n";
      break;
    case BenchFormat::kSql:
      if (first) text = BenchSqlTable();
      text += BenchSql(row);
      break;
  }
  std::fwrite(text.data(), 1, text.size(), out_);
  std::fflush(out_);
}

void BenchPrinter::Finish() {
  if (finished_) return;
  finished_ = true;
  std::string text;
  if (format_ == BenchFormat::kMarkdown) text = BenchMarkdownNotes(kept_);
  if (format_ == BenchFormat::kJson) text = rows_ == 0 ? "[]\n" : "\n]\n";
  std::fwrite(text.data(), 1, text.size(), out_);
  std::fflush(out_);
}

}  // namespace moebench
