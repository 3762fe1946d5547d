// moebench doctor: the machine, what is not as it should be for measuring, and the remedy.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "harness/cli/commands.h"
#include "harness/cli/options.h"
#include "harness/cli/terminal.h"
#include "harness/machine/doctor.h"
#include "harness/machine/node_bandwidth.h"

namespace moebench {
namespace {

// Measured once for a boot and topology, then read from the cache folder.
std::vector<BandwidthRow> Measured(const Topology& topology) {
  const std::string folder = CacheFolder();
  const auto file =
      folder.empty() ? std::filesystem::path() : std::filesystem::path(folder) / "bandwidth.json";
  const std::string digest = TopologyDigest(topology);
  return MeasureRows(PlanBandwidthRows(topology), [&](const BandwidthProbe& probe) {
    return CachedReadBandwidth(probe, file, BootId("/"), digest);
  });
}

}  // namespace

void AddDoctorCommand(CLI::App& app, ExitCode&) {
  const auto json = std::make_shared<bool>(false);
  CLI::App* command =
      app.add_subcommand("doctor", "The machine's topology and state; changes nothing");
  const auto bandwidth = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "As JSON (schema moebench.doctor/1)");
  command->add_flag("--bandwidth", *bandwidth,
                    "Also measure how fast each node reads each node's memory, and each L3: 0.2 s "
                    "for each pair");
  command->callback([json, bandwidth] {
    DoctorReport report = ExamineThisMachine();
    if (*bandwidth) report.bandwidth = Measured(report.topology);
    fmt::print("{}", *json ? DoctorJson(report) : RenderDoctor(report, UseColour(STDOUT_FILENO)));
  });
}

}  // namespace moebench
