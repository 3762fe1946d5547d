// moebench show: the cells of a sweep with figures and verdicts, for people or as JSON.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "harness/cli/commands.h"
#include "harness/cli/read_sweep.h"
#include "harness/cli/sign_table.h"
#include "harness/cli/terminal.h"
#include "results/show.h"

namespace moebench {

void AddShowCommand(CLI::App& app, ExitCode&) {
  struct Options {
    std::string sweep = "latest", database;
    bool json = false, signs = false;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("show", "Cells, figures and verdicts of a sweep");
  command->add_option("--sweep", options->sweep, "Number of the sweep, or latest")
      ->capture_default_str();
  command->add_option("--db", options->database, "Database [moebench.yaml's, or moebench.sqlite]");
  command->add_flag("--json", options->json, "As JSON (schema moebench.show/1)");
  command->add_flag("--signs", options->signs,
                    "How many answers are cut off, loop, end within a sentence... (with --json: "
                    "schema moebench.signs/1)");
  command->callback([options] {
    const SweepView view = ReadSweepView(options->database, options->sweep);
    if (options->signs) {
      fmt::print("{}\n", options->json ? SignJson(view).dump(2) : SignTable(view));
    } else if (options->json) {
      fmt::print("{}\n",
                 ShowJson(view).dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
    } else {
      fmt::print("{}", ShowTable(view, UseColour(STDOUT_FILENO) ? Colour::kYes : Colour::kNo,
                                 TerminalWidth(STDOUT_FILENO)));
    }
  });
}

}  // namespace moebench
