// One function per command; each adds its options to the app and runs when the command was chosen.
// The callbacks throw Error; main turns it into a line and an exit code.
#pragma once

#include "harness/base/error.h"

namespace CLI {
class App;
}

namespace moebench {

void AddSweepCommand(CLI::App& app, ExitCode& exit_code);
void AddSuiteCommand(CLI::App& app, ExitCode& exit_code);
void AddShowCommand(CLI::App& app, ExitCode& exit_code);
void AddReportCommand(CLI::App& app, ExitCode& exit_code);
void AddCompareCommand(CLI::App& app, ExitCode& exit_code);
void AddBaselineCommand(CLI::App& app, ExitCode& exit_code);
void AddInspectCommand(CLI::App& app, ExitCode& exit_code);
void AddNightlyCommand(CLI::App& app, ExitCode& exit_code);
void AddStatusCommand(CLI::App& app, ExitCode& exit_code);
void AddGenerateCommand(CLI::App& app, ExitCode& exit_code);
void AddPerplexityCommand(CLI::App& app, ExitCode& exit_code);
void AddBenchCommand(CLI::App& app, ExitCode& exit_code);
void AddSynthCommand(CLI::App& app, ExitCode& exit_code);
void AddTraceRoutingCommand(CLI::App& app, ExitCode& exit_code);
void AddPlanPlacementCommand(CLI::App& app, ExitCode& exit_code);
void AddDoctorCommand(CLI::App& app, ExitCode& exit_code);
void AddDbCommand(CLI::App& app, ExitCode& exit_code);
void AddExportCommand(CLI::App& app, ExitCode& exit_code);
void AddImportCommand(CLI::App& app, ExitCode& exit_code);
void AddWorkerCommand(CLI::App& app, ExitCode& exit_code);  // hidden: the sweep's child process

}  // namespace moebench
