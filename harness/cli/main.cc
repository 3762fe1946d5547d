// The program: parses the command line, runs one command, turns an Error into one line.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <new>

#include "harness/base/error.h"
#include "harness/base/suggest.h"
#include "harness/base/version.h"
#include "harness/cli/bench_values.h"
#include "harness/cli/commands.h"
#include "harness/cli/signals.h"
#include "harness/cli/terminal.h"
#include "results/report_escape.h"

namespace moebench {
namespace {

// CLI11's complaint with the nearest name that the command knows.
std::string ExplainUsage(const CLI::App& app, const CLI::ParseError& error) {
  std::string text = error.what();
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  std::vector<std::string> known;
  for (const CLI::Option* option : command->get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  for (const CLI::App* other : command->get_subcommands([](const CLI::App*) { return true; })) {
    if (!other->get_group().empty()) known.push_back(other->get_name());
  }
  const std::vector<std::string> extras = command->remaining(true);
  if (!extras.empty()) {
    const std::string& given = extras.front();
    text = fmt::format("'{}' is not known; {}", given,
                       SuggestName(given.substr(0, given.find('=')), known));
  }
  const std::string name = command == &app ? "" : ' ' + command->get_name();
  return fmt::format("{}; see 'moebench{} --help'", text, name);
}

int Main(int argc, char** argv) {
  CLI::App app{
      "Measures mixture-of-experts models on CPUs: speed and answer quality of every setting.",
      "moebench"};
  app.set_version_flag("--version", std::string(Version()));
  app.require_subcommand(1);
  app.get_formatter()->column_width(28);
  app.get_formatter()->label("TEXT", "");
  app.get_formatter()->label("INT", "N");
  app.get_formatter()->label("UINT", "N");
  app.get_formatter()->label("FLOAT", "X");
  ExitCode exit_code = ExitCode::kOk;
  AddSweepCommand(app, exit_code);
  AddSuiteCommand(app, exit_code);
  AddShowCommand(app, exit_code);
  AddReportCommand(app, exit_code);
  AddCompareCommand(app, exit_code);
  AddBaselineCommand(app, exit_code);
  AddInspectCommand(app, exit_code);
  AddGenerateCommand(app, exit_code);
  AddPerplexityCommand(app, exit_code);
  AddBenchCommand(app, exit_code);
  AddSynthCommand(app, exit_code);
  AddTraceRoutingCommand(app, exit_code);
  AddPlanPlacementCommand(app, exit_code);
  AddDoctorCommand(app, exit_code);
  AddDbCommand(app, exit_code);
  AddExportCommand(app, exit_code);
  AddImportCommand(app, exit_code);
  AddNightlyCommand(app, exit_code);
  AddStatusCommand(app, exit_code);
  AddWorkerCommand(app, exit_code);
  try {
    std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
    if (!arguments.empty() && arguments.front() == "bench") {
      arguments = NormaliseBenchArguments(std::move(arguments));
    }
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants a vector
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    fmt::print(stderr, "moebench: {}\n", VisibleText(ExplainUsage(app, error)));
    return static_cast<int>(ExitCode::kUsage);
  }
  return static_cast<int>(exit_code);
}

}  // namespace
}  // namespace moebench

int main(int argc, char** argv) {
  using moebench::ExitCode;
  try {
    return moebench::Main(argc, argv);
  } catch (const moebench::Error& error) {
    fmt::print(stderr, "moebench: {}\n", moebench::VisibleText(error.what()));
    // Who was cancelled doesn't know by which signal.
    const bool stopped = error.code() == ExitCode::kInterrupted && moebench::StopAsked();
    return static_cast<int>(stopped ? moebench::StopExitCode() : error.code());
  } catch (const std::bad_alloc&) {
    std::fputs("moebench: out of memory\n", stderr);
    return static_cast<int>(ExitCode::kInternal);
  } catch (const std::exception& error) {
    fmt::print(stderr, "moebench: bug: {}\n", moebench::VisibleText(error.what()));
    return static_cast<int>(ExitCode::kInternal);
  }
}
