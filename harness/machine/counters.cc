#include "harness/machine/counters.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <nlohmann/json.hpp>
#include <utility>

#include "harness/base/clock.h"
#include "harness/machine/cgroup.h"
#include "harness/machine/cpu_times.h"
#include "harness/machine/temperature.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;

constexpr double kStealLimit = 0.005;  // of the threads' time
constexpr double kForeignLimit = 0.10;
constexpr int64_t kClockJumpNs = 1'000'000'000;
constexpr int64_t kTickNoise = 2;  // a tick is counted where it falls: so many may be rounding

void ReadCpus(const fs::path& root, const std::vector<int>& cpus, MachineCounters* counters) {
  const fs::path path = root / "proc/stat";
  const std::optional<std::string> text = ReadSmallFile(path);
  const std::optional<CpuTimes> sum =
      text ? SumOf(ParseCpuTimes(*text), cpus) : std::optional<CpuTimes>();
  if (!sum) {
    const Reading unknown = Unknown(WhyUnreadable(path));
    counters->busy_ticks = counters->iowait_ticks = counters->steal_ticks = unknown;
    return;
  }
  counters->busy_ticks = Known(sum->busy);
  counters->iowait_ticks = Known(sum->iowait);
  counters->steal_ticks = Known(sum->steal);
}

Reading SwitchesOf(const fs::path& process) {
  std::error_code error;
  std::optional<int64_t> sum;
  for (fs::directory_iterator it(process / "task", error), end; !error && it != end;
       it.increment(error)) {
    const std::optional<std::string> status = ReadSmallFile(it->path() / "status");
    const auto n = status ? FindNumber(*status, "nonvoluntary_ctxt_switches:") : std::nullopt;
    if (n) sum = sum.value_or(0) + *n;
  }
  return sum ? Known(*sum) : Unknown("no thread's status has nonvoluntary_ctxt_switches");
}

void ReadProcess(const fs::path& root, int pid, MachineCounters* counters) {
  const fs::path folder = root / "proc" / std::to_string(pid);
  const std::optional<std::string> stat = ReadSmallFile(folder / "stat");
  const std::optional<ProcessTimes> times =
      stat ? ParseProcessStat(*stat) : std::optional<ProcessTimes>();
  if (times) {
    counters->process_ticks = Known(times->ticks);
    counters->major_faults = Known(times->major_faults);
  } else {
    counters->process_ticks = counters->major_faults = Unknown(WhyUnreadable(folder / "stat"));
  }
  counters->nonvoluntary_switches = SwitchesOf(folder);
}

Reading Plus(const Reading& a, const Reading& b) {
  if (!a.value) return a;
  if (!b.value) return b;
  return Known(*a.value + *b.value);
}

void ReadProcesses(const fs::path& root, const std::vector<int>& pids, MachineCounters* counters) {
  MachineCounters sum;
  for (size_t i = 0; i < pids.size(); ++i) {
    MachineCounters one;
    ReadProcess(root, pids[i], &one);
    for (Reading MachineCounters::*reading :
         {&MachineCounters::process_ticks, &MachineCounters::major_faults,
          &MachineCounters::nonvoluntary_switches}) {
      sum.*reading = i == 0 ? one.*reading : Plus(sum.*reading, one.*reading);
    }
  }
  counters->process_ticks = sum.process_ticks;
  counters->major_faults = sum.major_faults;
  counters->nonvoluntary_switches = sum.nonvoluntary_switches;
}

void ReadVmstat(const fs::path& root, MachineCounters* counters) {
  const fs::path path = root / "proc/vmstat";
  const std::optional<std::string> text = ReadSmallFile(path);
  const auto reading = [&](const char* key) {
    if (!text) return Unknown(WhyUnreadable(path));
    const std::optional<int64_t> n = FindNumber(*text, key);
    return n ? Known(*n) : Unknown("/proc/vmstat has no " + std::string(key));
  };
  counters->pages_swapped_in = reading("pswpin");
  counters->pages_swapped_out = reading("pswpout");
  counters->pages_migrated = reading("numa_pages_migrated");
}

Reading MemoryErrors(const fs::path& root) {
  std::error_code error;
  std::optional<int64_t> sum;
  for (fs::directory_iterator it(root / "sys/devices/system/edac/mc", error), end;
       !error && it != end; it.increment(error)) {
    for (const char* name : {"ce_count", "ue_count"}) {
      const auto n = ParseInt(ReadSmallFile(it->path() / name).value_or(""));
      if (n) sum = sum.value_or(0) + *n;
    }
  }
  return sum ? Known(*sum) : Unknown("no memory controller reports ECC (a VM, or no EDAC driver)");
}

// The counters of a core are the same for its siblings: a throttled core may count twice, which is
// still "more than none".
Reading ThermalThrottles(const fs::path& root, const std::vector<int>& cpus) {
  std::optional<int64_t> sum;
  for (const int cpu : cpus) {
    const fs::path folder =
        root / "sys/devices/system/cpu" / ("cpu" + std::to_string(cpu)) / "thermal_throttle";
    for (const char* name : {"core_throttle_count", "package_throttle_count"}) {
      const auto n = ParseInt(ReadSmallFile(folder / name).value_or(""));
      if (n) sum = sum.value_or(0) + *n;
    }
  }
  return sum ? Known(*sum) : Unknown("no cpu counts its throttling (a VM, or AMD)");
}

Reading NumaMisses(const fs::path& root) {
  std::error_code error;
  std::optional<int64_t> sum;
  for (fs::directory_iterator it(root / "sys/devices/system/node", error), end; !error && it != end;
       it.increment(error)) {
    if (!it->path().filename().string().starts_with("node")) continue;
    const std::optional<std::string> text = ReadSmallFile(it->path() / "numastat");
    const auto n = text ? FindNumber(*text, "numa_miss") : std::nullopt;
    if (n) sum = sum.value_or(0) + *n;
  }
  return sum ? Known(*sum) : Unknown("no node has numastat");
}

Reading ClockOffset() {
  timespec wall{}, steady{};
  clock_gettime(CLOCK_REALTIME, &wall);
  clock_gettime(CLOCK_MONOTONIC, &steady);
  const auto ns = [](const timespec& t) { return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec; };
  return Known(ns(wall) - ns(steady));
}

Reading Minus(const Reading& after, const Reading& before) {
  if (!after.value) return Unknown(after.unavailable);
  if (!before.value) return Unknown(before.unavailable);
  return Known(*after.value - *before.value);
}

// The fields by name, for whatever is done to each of them.
struct Field {
  const char* name;
  Reading MachineCounters::*reading;
};
constexpr Field kTickFields[] = {{"busy_s", &MachineCounters::busy_ticks},
                                 {"iowait_s", &MachineCounters::iowait_ticks},
                                 {"steal_s", &MachineCounters::steal_ticks},
                                 {"process_s", &MachineCounters::process_ticks}};
constexpr Field kCountFields[] = {
    {"major_faults", &MachineCounters::major_faults},
    {"nonvoluntary_switches", &MachineCounters::nonvoluntary_switches},
    {"throttled", &MachineCounters::throttled},
    {"pages_swapped_in", &MachineCounters::pages_swapped_in},
    {"pages_swapped_out", &MachineCounters::pages_swapped_out},
    {"pages_migrated", &MachineCounters::pages_migrated},
    {"memory_errors", &MachineCounters::memory_errors},
    {"thermal_throttles", &MachineCounters::thermal_throttles},
    {"numa_misses", &MachineCounters::numa_misses},
    {"clock_offset_ns", &MachineCounters::clock_offset_ns}};

nlohmann::json Seconds(const Reading& ticks) {
  if (!ticks.value) return {{"unavailable", ticks.unavailable}};
  return static_cast<double>(*ticks.value) / static_cast<double>(TicksPerSecond());
}

nlohmann::json Count(const Reading& reading) {
  if (!reading.value) return {{"unavailable", reading.unavailable}};
  return *reading.value;
}

std::string Share(double share, const char* of) {
  char text[96];
  std::snprintf(text, sizeof text, "%s %.1f %% of the threads' time", of, 100 * share);
  return text;
}

void AddReason(const std::string& reason, std::string* reasons) {
  *reasons += (reasons->empty() ? "" : "; ") + reason;
}

void AddCounted(const Reading& reading, const char* what, std::string* reasons) {
  if (reading.value.value_or(0) > 0) {
    AddReason(std::to_string(*reading.value) + ' ' + what, reasons);
  }
}

}  // namespace

MachineCounters ReadCounters(const fs::path& root, const std::vector<int>& pids,
                             const std::vector<int>& cpus) {
  MachineCounters counters;
  ReadCpus(root, cpus, &counters);
  ReadProcesses(root, pids, &counters);
  ReadVmstat(root, &counters);
  counters.throttled = ReadCgroup(root).throttled;
  counters.memory_errors = MemoryErrors(root);
  counters.thermal_throttles = ThermalThrottles(root, cpus);
  counters.energy = ReadPackageEnergy(root, NowNs());
  counters.numa_misses = NumaMisses(root);
  counters.temperature_mc = ReadTemperature(root);
  counters.clock_offset_ns = ClockOffset();
  return counters;
}

MachineDelta Delta(const MachineCounters& before, const MachineCounters& after) {
  MachineDelta delta;
  for (const auto& [name, reading] : kTickFields) {
    delta.change.*reading = Minus(after.*reading, before.*reading);
  }
  for (const auto& [name, reading] : kCountFields) {
    delta.change.*reading = Minus(after.*reading, before.*reading);
  }
  delta.energy_uj = EnergyBetween(before.energy, after.energy);
  delta.temperature_mc = after.temperature_mc;
  delta.foreign_ticks = Minus(delta.change.busy_ticks, delta.change.process_ticks);
  if (delta.foreign_ticks.value) {
    delta.foreign_ticks = Known(std::max<int64_t>(0, *delta.foreign_ticks.value));
  }
  return delta;
}

std::string DeltaJson(const MachineDelta& delta) {
  nlohmann::json json;
  for (const auto& [name, reading] : kTickFields) json[name] = Seconds(delta.change.*reading);
  for (const auto& [name, reading] : kCountFields) json[name] = Count(delta.change.*reading);
  json["foreign_s"] = Seconds(delta.foreign_ticks);
  const Reading& energy = delta.energy_uj;
  json["energy_j"] = energy.value ? nlohmann::json(static_cast<double>(*energy.value) * 1e-6)
                                  : nlohmann::json{{"unavailable", energy.unavailable}};
  const Reading& heat = delta.temperature_mc;
  json["temperature_c"] = heat.value ? nlohmann::json(static_cast<double>(*heat.value) * 1e-3)
                                     : nlohmann::json{{"unavailable", heat.unavailable}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string UnstableReason(const MachineDelta& delta, double wall_s, int threads) {
  std::string reasons;
  const double ticks = wall_s * threads * static_cast<double>(TicksPerSecond());
  const int64_t steal = delta.change.steal_ticks.value.value_or(0);
  if (ticks > 0 && steal >= kTickNoise && static_cast<double>(steal) > kStealLimit * ticks) {
    AddReason(Share(static_cast<double>(steal) / ticks, "the hypervisor stole"), &reasons);
  }
  const int64_t foreign = delta.foreign_ticks.value.value_or(0);
  // Each cpu's busy time and the process's own are rounded apart from each other.
  if (ticks > 0 && foreign > kTickNoise + threads &&
      static_cast<double>(foreign) > kForeignLimit * ticks) {
    AddReason(Share(static_cast<double>(foreign) / ticks, "other processes used"), &reasons);
  }
  AddCounted(delta.change.pages_swapped_in, "pages were swapped in", &reasons);
  AddCounted(delta.change.throttled, "periods throttled by the cgroup's cpu limit", &reasons);
  AddCounted(delta.change.memory_errors, "memory errors (ECC)", &reasons);
  AddCounted(delta.change.thermal_throttles, "times a core was throttled for its heat", &reasons);
  if (std::abs(delta.change.clock_offset_ns.value.value_or(0)) > kClockJumpNs) {
    AddReason("the wall clock jumped: the machine slept or its time was set", &reasons);
  }
  return reasons;
}

}  // namespace moebench
