// moebench export: all rows of a sweep for other programs.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "harness/base/files.h"
#include "harness/cli/commands.h"
#include "harness/cli/option_checks.h"
#include "harness/cli/options.h"
#include "results/export_rows.h"

namespace moebench {
namespace {

struct Options {
  std::string format = "json", sweep = "latest", database, output, columns = "load_mode";
};

std::string Export(const Options& options) {
  const std::string path = DatabaseToRead(options.database);
  const std::optional<int64_t> wanted = SweepNumber(options.sweep);
  const Store store = Store::OpenForReading(path);
  const std::optional<int64_t> id = wanted ? wanted : store.LatestSweepId();
  if (!id) {
    throw Error{"holds no sweep yet", path, "run 'moebench sweep' first", ExitCode::kUsage};
  }
  const SweepRows rows = store.ReadSweep(*id);
  if (options.format == "json") return ExportJson(rows);
  if (options.format == "jsonl") return ExportJsonLines(rows);
  if (options.format == "csv") return ExportCsv(rows);
  return ExportLlamaBench(rows, options.columns == "load_mode" ? LlamaBenchColumns::kSinceMid2026
                                                               : LlamaBenchColumns::kUntilMid2026);
}

}  // namespace

void AddExportCommand(CLI::App& app, ExitCode&) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("export", "All rows of a sweep, for other programs");
  command
      ->add_option("--format", options->format,
                   "json or jsonl (schema moebench.export/1), csv (a line per trial), llama-bench"
                   " (its SQL)")
      ->check(OneOf({"json", "jsonl", "csv", "llama-bench"}))
      ->capture_default_str();
  command
      ->add_option("--columns", options->columns,
                   "llama-bench's table since mid-2026 (load_mode) or before (use_mmap)")
      ->check(OneOf({"load_mode", "use_mmap"}))
      ->capture_default_str();
  command->add_option("--sweep", options->sweep, "Number of the sweep, or latest")
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "File to write [standard output]");
  command->add_option("--db", options->database, "Database [moebench.yaml's, or moebench.sqlite]");
  command->callback([options] {
    const std::string text = Export(*options);
    if (options->output.empty()) {
      fmt::print("{}", text);
    } else {
      WriteFileAtomically(options->output, text);
    }
  });
}

}  // namespace moebench
