// moebench import: results of llama-bench into the database, marked as imported.

#include <fmt/format.h>

#include <CLI/CLI.hpp>

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

void PrintRow(const ImportedRecord& row) {
  fmt::print("{}  {:<28} {:<22} {:>4}  {:<16} {:>9.2f} +- {:.2f}  imported from {} ({})\n",
             VisibleText(row.test_time), VisibleText(row.model_type), VisibleText(row.build_commit),
             row.n_threads, TestName(row), row.avg_ts, row.stddev_ts, VisibleText(row.source),
             VisibleText(row.instrument));
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
    for (const ImportedRecord& row : Store::OpenForReading(path).ReadImported()) PrintRow(row);
  });
}

}  // namespace moebench
