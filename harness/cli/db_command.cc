// moebench db check | backup: looking after the database that the sweeps fill.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "harness/base/clock.h"
#include "harness/cli/commands.h"
#include "harness/cli/options.h"
#include "results/report_escape.h"
#include "results/store_care.h"

namespace moebench {
namespace {

ExitCode Check(const std::string& database) {
  const std::string path = DatabaseToRead(database);
  const StoreCheck check = CheckStore(path);
  for (const std::string& problem : check.problems) {
    fmt::print("{}: {}\n", VisibleText(path), VisibleText(problem));
  }
  if (check.problems.empty()) {
    fmt::print("{}: whole: schema {}, {} tables, {} rows\n", VisibleText(path), check.schema,
               check.tables, check.rows);
    return ExitCode::kOk;
  }
  fmt::print(stderr,
             "moebench: {} is damaged; restore a copy, or save what is left with: "
             "sqlite3 FILE .recover\n",
             VisibleText(path));
  return ExitCode::kBadData;
}

void Backup(const std::string& database, const std::string& output) {
  const std::string path = DatabaseToRead(database);
  std::string stamp = UtcNow();
  std::erase_if(stamp, [](char c) { return c == '-' || c == ':'; });
  const std::string to = output.empty() ? path + "." + stamp + ".backup" : output;
  BackUpStore(path, to);
  fmt::print("{}\n", VisibleText(to));
}

}  // namespace

void AddDbCommand(CLI::App& app, ExitCode& exit_code) {
  struct Options {
    std::string database, output;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("db", "Looks after the database: check, backup");
  command->require_subcommand(1);
  CLI::App* check = command->add_subcommand(
      "check", "Is it whole: structure, tables, every row's checksum; exit code 65 if not");
  CLI::App* backup = command->add_subcommand(
      "backup", "Writes a copy, also while a sweep runs; never over another file");
  for (CLI::App* sub : {check, backup}) {
    sub->add_option("--db", options->database, "Database [moebench.yaml's, or moebench.sqlite]");
  }
  backup->add_option("-o,--output", options->output, "The copy [DB.<UTC time>.backup]");
  check->callback([options, &exit_code] { exit_code = Check(options->database); });
  backup->callback([options] { Backup(options->database, options->output); });
}

}  // namespace moebench
