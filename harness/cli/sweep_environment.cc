#include "harness/cli/sweep_environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/base/hash.h"
#include "harness/cli/options.h"
#include "harness/cli/signals.h"
#include "harness/machine/bandwidth.h"
#include "harness/machine/cgroup.h"
#include "harness/machine/counters.h"
#include "harness/machine/instance_plan.h"
#include "harness/machine/node_memory.h"
#include "harness/machine/placement_name.h"
#include "harness/machine/placement_plan.h"
#include "harness/machine/proc_text.h"
#include "harness/machine/temperature.h"
#include "runners/fake/fake_script.h"
#include "runners/native/gguf/split_model.h"
#include "runners/native/tokenizer/vocabulary_fit.h"
#include "runners/worker/worker_client.h"

namespace moebench {
namespace {

// What the kernel says can be taken without swapping, and no more than a container's limit.
int64_t AvailableBytes() {
  const std::optional<std::string> meminfo = ReadSmallFile("/proc/meminfo");
  int64_t available = 1024 * (meminfo ? FindNumber(*meminfo, "MemAvailable:").value_or(0) : 0);
  const CgroupState cgroup = ReadCgroup("/");
  if (cgroup.memory_limit_bytes && available > 0) {
    available = std::min(available, *cgroup.memory_limit_bytes);
  }
  return available;
}

std::function<TrialNote()> WatchTrial(const std::vector<int>& pids, int threads,
                                      const std::vector<int>& cpus) {
  const int64_t start_ns = NowNs();
  const MachineCounters before = ReadCounters("/", pids, cpus);
  return [=] {
    const MachineDelta delta = Delta(before, ReadCounters("/", pids, cpus));
    const double wall_s = static_cast<double>(NowNs() - start_ns) * 1e-9;
    return TrialNote{DeltaJson(delta), UnstableReason(delta, wall_s, threads)};
  };
}

// Last-level cache that these cpus can use.
int64_t CacheBytes(const Topology& topology, const std::vector<int>& cpus) {
  int64_t bytes = 0;
  for (const CacheGroup& group : topology.l3_groups) {
    const bool used = std::any_of(cpus.begin(), cpus.end(), [&](int cpu) {
      return std::binary_search(group.cpus.begin(), group.cpus.end(), cpu);
    });
    if (used) bytes += group.bytes;
  }
  return bytes;
}

// Waits until the cores are nearly as cool as when the first process was about to start. A minute
// at most, and never more than a fifth of what the process before took: what is hot again at once
// is not worth more.
std::function<void(double)> CoolDownBetweenProcesses(
    const std::function<void(const SweepEvent&)>& report) {
  const auto start = std::make_shared<std::optional<Reading>>();
  return [start, report](double last_process_s) {
    if (!*start) *start = ReadTemperature("/");
    const CoolDown wait =
        WaitUntilCool(**start, {.patience_s = std::min(60.0, 0.2 * last_process_s)},
                      {.look = [] { return ReadTemperature("/"); },
                       .pause = [] { std::this_thread::sleep_for(std::chrono::milliseconds(250)); },
                       .now_s = [] { return static_cast<double>(NowNs()) * 1e-9; },
                       .cancelled = StopAsked});
    if (wait.cool) return;
    report({SweepEvent::Kind::kProgress,
            fmt::format("the cores are still {:.0f} degrees warmer than at the start",
                        1e-3 * static_cast<double>(*wait.last.value - *(*start)->value)),
            0, -1});
  };
}

}  // namespace

Worker StartWorker(const SweepSpec& spec) {
  WorkerCommand command;
  command.argv = {OwnExecutable(), "worker", "--runner", spec.runner};
  if (!spec.fake_script.empty()) {
    command.argv.insert(command.argv.end(), {"--script", spec.fake_script});
  }
  WorkerLimits limits;
  limits.load_timeout_s = spec.load_timeout_s;
  limits.request_timeout_s = spec.request_timeout_s;
  limits.hang_timeout_s = spec.hang_timeout_s;
  limits.stall_timeout_s = spec.hang_timeout_s;
  auto client = std::make_unique<WorkerClient>(std::move(command), limits, StopAsked);
  const int pid = client->pid();
  std::vector<std::string> capabilities = client->info().capabilities;
  return {std::move(client), pid, std::move(capabilities)};
}

// Of a model in several files: the hash of theirs.
std::string HashOfModel(const std::string& path) {
  const std::vector<std::filesystem::path> parts = PartPaths(path);
  if (parts.size() == 1) return Sha256OfFile(path);
  std::string hashes;
  for (const std::filesystem::path& part : parts) hashes += Sha256OfFile(part);
  return Sha256Hex(hashes);
}

std::string HashFor(const SweepSpec& spec, const std::string& path) {
  return spec.runner == "fake" ? Sha256Hex("fake " + path) : HashOfModel(path);
}

std::string DraftMismatch(const SweepSpec& spec, const std::string& model_path,
                          const std::string& draft_path) {
  if (spec.runner == "fake") return LoadFakeScript(spec.fake_script).draft_refused;
  try {
    RequireSameTokens(GgufFile::Open(model_path), GgufFile::Open(draft_path));
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::vector<ModelInput> InspectModels(const SweepSpec& spec) {
  const bool drafts = std::any_of(spec.decoding.begin(), spec.decoding.end(),
                                  [](const std::string& d) { return d.starts_with("draft"); });
  std::vector<ModelInput> models;
  for (const std::string& path : spec.models) {
    ModelInput input;
    const Worker worker = StartWorker(spec);
    input.facts = worker.runner->Inspect(path);
    input.facts.path = path;
    input.sha256 = HashFor(spec, path);
    input.abilities.capabilities = worker.capabilities;
    const std::string draft = drafts ? DraftOf(spec, path) : "";
    if (!draft.empty()) {
      const ModelFacts facts = worker.runner->Inspect(draft);
      input.abilities.draft = DraftInput{.path = draft,
                                         .sha256 = HashFor(spec, draft),
                                         .file_bytes = facts.file_bytes,
                                         .mismatch = DraftMismatch(spec, path, draft),
                                         .kv_bytes_per_position = facts.kv_bytes_per_position};
    }
    models.push_back(std::move(input));
  }
  return models;
}

// Histories follow what a routing trace says, not where it lies.
std::string PlacementContent(const std::string& placement) {
  constexpr size_t kDigits = 12;
  const PlacementName name = ParsePlacementName(placement);
  if (name.trace.empty()) return "";
  if (!std::filesystem::is_regular_file(name.trace)) {
    throw Error{"is no file", name.trace, "name a file of moebench trace-routing"};
  }
  return Sha256OfFile(name.trace).substr(0, kDigits);
}

PlanningMachine ThisPlanningMachine(const Topology& topology) {
  return {.auto_policies = AutoPolicies(topology),
          .place = [&topology](const std::string& policy,
                               int threads) { return PlanPlacement(topology, policy, threads); },
          .count_instances =
              [&topology](const std::string& policy, const std::string& instances) {
                return InstanceCount(topology, policy, instances);
              },
          .place_instances =
              [&topology](const std::string& policy, int instances, int threads) {
                return PlanInstances(topology, policy, instances, threads);
              },
          .placement_content = PlacementContent,
          .auto_instances = AutoPolicies(topology).size() > 1
                                ? std::vector<std::string>{"1", "node"}
                                : std::vector<std::string>{"1"},
          .available_bytes = AvailableBytes(),
          .node_free = [](const std::vector<int>& nodes) { return ReadNodeFree("/", nodes); }};
}

SweepEnvironment RealEnvironment(const SweepSpec& spec, const Topology& topology,
                                 std::function<void(const SweepEvent&)> report) {
  SweepEnvironment environment;
  environment.start_worker = [&spec] { return StartWorker(spec); };
  environment.measure_bandwidth = [&topology](const std::vector<int>& cpus) {
    const std::string folder = CacheFolder();
    const std::filesystem::path file =
        folder.empty() ? std::filesystem::path() : std::filesystem::path(folder) / "bandwidth.json";
    const Bandwidth measured =
        CachedReadBandwidth({.cpus = cpus}, file, BootId("/"), TopologyDigest(topology));
    return ReadBandwidths{measured.memory_gbps, measured.cache_gbps, CacheBytes(topology, cpus)};
  };
  environment.probe_again = [&topology](const std::vector<int>& cpus) {
    const Bandwidth seen = MeasureReadBandwidth({.cpus = cpus});
    return ReadBandwidths{seen.memory_gbps, seen.cache_gbps, CacheBytes(topology, cpus)};
  };
  environment.cool_down = CoolDownBetweenProcesses(report);
  // The fake runner's time is computed, not measured: nothing can disturb it.
  environment.virtual_time = spec.runner == "fake";
  environment.watch_trial = [&topology, virtual_time = spec.runner == "fake"](
                                const std::vector<int>& pids, int threads) {
    return [watch = WatchTrial(pids, threads, topology.allowed_cpus), virtual_time] {
      TrialNote note = watch();
      if (virtual_time) note.unstable.clear();
      return note;
    };
  };
  environment.cancelled = StopAsked;
  environment.now_s = [] { return static_cast<double>(NowNs()) * 1e-9; };
  environment.report = std::move(report);
  environment.machine_node_count = static_cast<int>(topology.nodes.size());
  return environment;
}

}  // namespace moebench
