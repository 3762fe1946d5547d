// moebench worker: the child process of a sweep; speaks runners/README.md on stdin and stdout.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "harness/base/version.h"
#include "harness/cli/commands.h"
#include "runners/fake/fake_worker.h"
#include "runners/native/native_runner.h"
#include "runners/worker/sandbox.h"
#include "runners/worker/worker_main.h"

namespace moebench {

void AddWorkerCommand(CLI::App& app, ExitCode& exit_code) {
  struct Options {
    std::string runner = "native", script;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("worker", "Serves a sweep over stdin and stdout");
  command->group("");  // not for people: left out of the help
  command->add_option("--runner", options->runner)->check(CLI::IsMember({"native", "fake"}));
  command->add_option("--script", options->script);
  command->callback([options, &exit_code] {
    if (options->runner == "native") {
      const std::string missing = RestrictThisProcess();
      if (!missing.empty()) fmt::print(stderr, "worker: not fully restricted: {}\n", missing);
    }
    exit_code = static_cast<ExitCode>(
        options->runner == "fake" ? RunFakeWorker(options->script, STDIN_FILENO, STDOUT_FILENO)
                                  : RunWorker(MakeNativeRunner(),
                                              {.runner = "native",
                                               .version = std::string(Version()),
                                               .capabilities = NativeCapabilities()},
                                              STDIN_FILENO, STDOUT_FILENO));
  });
}

}  // namespace moebench
