// moebench export: all rows of a sweep for other programs.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "harness/base/files.h"
#include "harness/cli/commands.h"
#include "harness/cli/option_checks.h"
#include "harness/cli/read_sweep.h"
#include "harness/cli/recorded_routing.h"
#include "results/export_rows.h"

namespace moebench {
namespace {

struct Options {
  std::string format = "json", sweep = "latest", database, output, columns = "load_mode", model;
};

std::string Export(const Options& options) {
  const SweepRows rows = ReadSweepRows(options.database, options.sweep);
  if (!options.model.empty() && options.format != "routing") {
    throw Error{"is of --format routing only", "--model", "", ExitCode::kUsage};
  }
  if (options.format == "routing") {
    return FormatRoutingTrace(TraceOf(ChooseRouting(rows, options.model)));
  }
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
                   " (its SQL), routing (a model's trace, for plan-placement and expert-shard)")
      ->check(OneOf({"json", "jsonl", "csv", "llama-bench", "routing"}))
      ->capture_default_str();
  command
      ->add_option("--columns", options->columns,
                   "llama-bench's table since mid-2026 (load_mode) or before (use_mmap)")
      ->check(OneOf({"load_mode", "use_mmap"}))
      ->capture_default_str();
  command->add_option("--model", options->model,
                      "Of routing: file name or path of the model [the only one]");
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
