// moebench report: one file for a browser, or Markdown for a ticket.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "harness/base/files.h"
#include "harness/cli/commands.h"
#include "harness/cli/option_checks.h"
#include "harness/cli/read_sweep.h"
#include "harness/cli/report_extras.h"
#include "results/report_html.h"
#include "results/report_markdown.h"

namespace moebench {

void AddReportCommand(CLI::App& app, ExitCode&) {
  struct Options {
    std::string sweep = "latest", database, format, output;
    std::vector<std::string> routing;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("report", "Report of a sweep, as HTML or Markdown");
  command
      ->add_option("--format", options->format,
                   "html (one file, works offline) or md [what -o ends in, else md]")
      ->check(OneOf({"html", "md"}));
  command->add_option("--sweep", options->sweep, "Number of the sweep, or latest")
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "File to write [standard output]");
  command->add_option("--db", options->database, "Database [moebench.yaml's, or moebench.sqlite]");
  command->add_option("--routing", options->routing,
                      "Traces of moebench trace-routing, one for each model [those of the sweep]");
  command->callback([options] {
    SweepView view = ReadSweepView(options->database, options->sweep);
    AddRouting(options->routing, view);
    const bool html = options->format == "html" ||
                      (options->format.empty() &&
                       (options->output.ends_with(".html") || options->output.ends_with(".htm")));
    const std::string text = html ? ReportHtml(view) : ReportMarkdown(view);
    if (options->output.empty()) {
      fmt::print("{}", text);
      return;
    }
    WriteFileAtomically(options->output, text);
    if (isatty(STDERR_FILENO)) fmt::print(stderr, "wrote {}\n", options->output);
  });
}

}  // namespace moebench
