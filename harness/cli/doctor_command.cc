// moebench doctor: the machine, what is not as it should be for measuring, and the remedy.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "harness/cli/commands.h"
#include "harness/cli/terminal.h"
#include "harness/machine/doctor.h"

namespace moebench {

void AddDoctorCommand(CLI::App& app, ExitCode&) {
  const auto json = std::make_shared<bool>(false);
  CLI::App* command =
      app.add_subcommand("doctor", "The machine's topology and state; changes nothing");
  command->add_flag("--json", *json, "As JSON (schema moebench.doctor/1)");
  command->callback([json] {
    const DoctorReport report = ExamineThisMachine();
    fmt::print("{}", *json ? DoctorJson(report) : RenderDoctor(report, UseColour(STDOUT_FILENO)));
  });
}

}  // namespace moebench
