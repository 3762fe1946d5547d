// moebench import: results of llama-bench into the database, marked as imported.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>

#include "harness/cli/commands.h"
#include "harness/cli/options.h"
#include "results/import_llama_bench.h"
#include "results/report_escape.h"
#include "results/store.h"

namespace moebench {
namespace {

std::string TestName(const ImportedRecord& row) {
  std::string name;
  if (row.n_prompt > 0) name = fmt::format("pp{}", row.n_prompt);
  if (row.n_gen > 0) name += fmt::format("{}tg{}", name.empty() ? "" : "+", row.n_gen);
  return row.n_depth > 0 ? fmt::format("{} @ d{}", name, row.n_depth) : name;
}

// All rows under one head, every column as wide as its widest text.
void PrintRows(const std::vector<ImportedRecord>& rows) {
  std::vector<std::array<std::string, 7>> lines = {
      {"measured", "model", "build", "threads", "test", "tokens/s", "imported from"}};
  for (const ImportedRecord& row : rows) {
    lines.push_back({VisibleLine(row.test_time), VisibleLine(row.model_type),
                     VisibleLine(row.build_commit), fmt::format("{}", row.n_threads), TestName(row),
                     fmt::format("{:.2f} +- {:.2f}", row.avg_ts, row.stddev_ts),
                     fmt::format("{} ({})", VisibleLine(row.source), VisibleLine(row.instrument))});
  }
  std::array<size_t, 7> widths{};
  for (const auto& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  for (const auto& [measured, model, build, threads, test, speed, source] : lines) {
    fmt::print("{:<{}}  {:<{}}  {:<{}}  {:>{}}  {:<{}}  {:>{}}  {}\n", measured, widths[0], model,
               widths[1], build, widths[2], threads, widths[3], test, widths[4], speed, widths[5],
               source);
  }
}

}  // namespace

void AddImportCommand(CLI::App& app, ExitCode&) {
  struct Options {
    std::vector<std::string> files;
    std::string database;
    bool list = false;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "import", "llama-bench's results (jsonl, json, SQLite), kept apart from sweeps and verdicts");
  command->add_option("file", options->files, "Files to read");
  command->add_option("--db", options->database, "Database [moebench.yaml's, or moebench.sqlite]");
  command->add_flag("--list", options->list, "Print what was imported so far");
  command->callback([options] {
    if (options->files.empty() && !options->list) {
      throw Error{"no file is named", "moebench import", "name one, or --list", ExitCode::kUsage};
    }
    const std::string path = DatabaseToRead(options->database);
    std::vector<std::vector<ImportedRecord>> read;  // all files, before anything is written
    for (const std::string& file : options->files) read.push_back(ReadLlamaBench(file));
    if (!read.empty()) {
      Store store = Store::OpenForWriting(path);
      for (size_t i = 0; i < read.size(); ++i) {
        const int added = store.AddImported(read[i]);
        fmt::print("{}: {} rows, {} of them new\n", VisibleText(options->files[i]), read[i].size(),
                   added);
      }
    }
    if (!options->list) return;
    PrintRows(Store::OpenForReading(path).ReadImported());
  });
}

}  // namespace moebench
