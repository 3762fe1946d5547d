// moebench nightly: the sweep of moebench.yaml as cron or a systemd timer runs it.

#include <CLI/CLI.hpp>

#include "harness/cli/commands.h"
#include "harness/cli/nightly.h"
#include "harness/cli/option_checks.h"
#include "harness/cli/options.h"
#include "harness/config/scalars.h"

namespace moebench {
namespace {

struct Options {
  std::string config = "moebench.yaml", budget, database, state, when_busy = "stop";
  std::string patience = "30min", quiet_for = "30s";
  int keep = 60;
};

double Duration(const std::string& text, const char* option) {
  if (text == "0") return 0;
  return ParseDurationSeconds(text, {"", option, static_cast<int>(ExitCode::kUsage)});
}

NightOptions NightOf(const Options& options) {
  NightOptions night;
  night.spec = LoadSweepSpec(options.config, KnownAxisNames());
  if (!options.database.empty()) night.spec.database = options.database;
  if (!options.budget.empty()) night.spec.budget_s = Duration(options.budget, "--budget");
  if (night.spec.suite.empty()) night.spec.suite = BundledSuite();
  if (night.spec.models.empty()) {
    throw Error{"no model is named", options.config, "add 'models: [MODEL.gguf]'",
                ExitCode::kConfig};
  }
  night.quiet = {Duration(options.patience, "--patience"),
                 Duration(options.quiet_for, "--quiet-for")};
  night.measure_when_busy = options.when_busy == "measure";
  night.state = options.state;
  night.keep = options.keep;
  return night;
}

}  // namespace

void AddNightlyCommand(CLI::App& app, ExitCode& exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "nightly", "Waits for a quiet machine, sweeps what fits, reports; silent if all is well");
  command->add_option("-c,--config", options->config, "What to sweep")->capture_default_str();
  command->add_option("--budget", options->budget,
                      "Measure for at most so long, e.g. 6h; what does not fit waits for the next"
                      " night [the file's, or none]");
  command->add_option("--db", options->database, "SQLite file [the file's, or moebench.sqlite]");
  command->add_option("--state", options->state,
                      "Folder for logs, reports and weekly copies [DB.nights]");
  command->add_option("--patience", options->patience, "Wait so long for a quiet machine")
      ->capture_default_str();
  command->add_option("--quiet-for", options->quiet_for, "Quiet means: so long without a break")
      ->capture_default_str();
  command
      ->add_option("--when-busy", options->when_busy,
                   "After the patience: stop (exit code 75), or measure")
      ->check(OneOf({"stop", "measure"}))
      ->capture_default_str();
  command->add_option("--keep", options->keep, "Logs and reports to keep")
      ->check(Between(1, 10000))
      ->capture_default_str();
  command->callback([options, &exit_code] { exit_code = RunNight(NightOf(*options)); });
}

}  // namespace moebench
