// moebench compare A B: two sweeps, cell by cell, with intervals; exit code 1 if B is worse.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "harness/cli/commands.h"
#include "harness/cli/options.h"
#include "harness/cli/sweep_reference.h"
#include "harness/cli/terminal.h"
#include "results/compare.h"
#include "results/history.h"

namespace moebench {
namespace {

struct Options {
  std::string a, b, database;
  bool json = false;
};

Comparison CompareThem(const Options& options) {
  // A default database is looked for only if one of the two doesn't name its own.
  const std::string database = DatabaseToRead(options.database);
  const SweepReference a = FindSweep(options.a, database), b = FindSweep(options.b, database);
  const Store store_a = Store::OpenForReading(a.database);
  const SweepRows rows_a = store_a.ReadSweep(a.id);
  const Store store_b = Store::OpenForReading(b.database);
  const SweepRows rows_b = store_b.ReadSweep(b.id);
  const History history = ReadHistory(store_b, b.id);
  return CompareSweeps(rows_a, rows_b, [&](const std::string& cell_id) {
    const CellHistory past = HistoryOfCell(history, rows_b.sweep, cell_id);
    return CellNoise{NoiseOf(past.absolute), NoiseOf(past.relative)};
  });
}

ExitCode CodeOf(const Comparison& comparison) {
  if (comparison.flagged > 0) return ExitCode::kFlagged;
  const bool nothing = comparison.cells.empty() || !comparison.different.empty();
  const bool open = comparison.inconclusive + comparison.not_comparable > 0;
  return nothing || open ? ExitCode::kIncomplete : ExitCode::kOk;
}

}  // namespace

void AddCompareCommand(CLI::App& app, ExitCode& exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "compare", "Two sweeps, cell by cell: did B become slower or worse than A?");
  command->add_option("A", options->a, "Sweep: a number, latest, FILE or FILE:NUMBER")->required();
  command->add_option("B", options->b, "The one that is held against it, named the same way")
      ->required();
  command->add_option("--db", options->database, "Database [moebench.yaml's, or moebench.sqlite]");
  command->add_flag("--json", options->json, "As JSON (schema moebench.compare/1)");
  command->callback([options, &exit_code] {
    const Comparison comparison = CompareThem(*options);
    if (options->json) {
      fmt::print("{}\n", ComparisonJson(comparison).dump(2));
    } else {
      fmt::print("{}",
                 ComparisonText(comparison, UseColour(STDOUT_FILENO) ? Colour::kYes : Colour::kNo,
                                TerminalWidth(STDOUT_FILENO)));
    }
    exit_code = CodeOf(comparison);
  });
}

}  // namespace moebench
