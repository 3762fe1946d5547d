// Memory, kernel, limit and load items of the machine state.
#include <gnu/libc-version.h>

#include <algorithm>
#include <cstdio>
#include <set>

#include "harness/base/hash.h"
#include "harness/machine/cgroup.h"
#include "harness/machine/proc_text.h"
#include "harness/machine/state_reader.h"
#include "harness/machine/temperature.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;

// "12.50", without a locale and without trailing noise.
std::string Decimal(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// Rounded to GiB: the kernel's own part differs by some MiB from boot to boot.
void AddMemoryTotal(StateReader* reader) {
  reader->AddChosen("memory.total", "proc/meminfo", [](std::string_view text) {
    const std::optional<int64_t> kib = FindNumber(text, "MemTotal:");
    return kib ? std::optional(std::to_string((*kib + (1 << 19)) >> 20) + " GiB") : std::nullopt;
  });
  reader->AddChosen("swap.total", "proc/meminfo", [](std::string_view text) {
    const std::optional<int64_t> kib = FindNumber(text, "SwapTotal:");
    return kib ? std::optional(std::to_string((*kib + 1023) >> 10) + " MiB") : std::nullopt;
  });
}

// Words of the kernel command line that change speed. The others may name disks and hosts.
bool ChangesSpeed(std::string_view word) {
  const std::string_view key = word.substr(0, word.find('='));
  static const std::set<std::string_view> kKeys = {"isolcpus",      "nohz_full",
                                                   "rcu_nocbs",     "mitigations",
                                                   "amd_pstate",    "intel_pstate",
                                                   "idle",          "processor.max_cstate",
                                                   "nosmt",         "maxcpus",
                                                   "mem",           "transparent_hugepage",
                                                   "hugepages",     "default_hugepagesz",
                                                   "hugepagesz",    "numa_balancing",
                                                   "numa",          "nopti",
                                                   "pti",           "spectre_v2",
                                                   "clocksource",   "tsc",
                                                   "preempt",       "intel_idle.max_cstate",
                                                   "nmi_watchdog",  "skew_tick",
                                                   "init_on_alloc", "spec_store_bypass_disable",
                                                   "retbleed",      "spec_rstack_overflow"};
  return kKeys.contains(key);
}

void AddCommandLine(StateReader* reader) {
  reader->AddChosen("kernel.command_line", "proc/cmdline", [](std::string_view text) {
    std::vector<std::string> words;
    for (const std::string_view word : SplitWords(text)) {
      if (ChangesSpeed(word)) words.emplace_back(word);
    }
    return std::optional(words.empty() ? "nothing that changes speed" : Joined(words));
  });
}

// Names of what the kernel calls vulnerable, and a hash of all its words.
void AddMitigations(StateReader* reader) {
  const fs::path folder = reader->At("sys/devices/system/cpu/vulnerabilities");
  std::set<std::string> lines, open;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::optional<std::string> text = ReadSmallFile(it->path());
    if (!text) continue;
    const std::string name = it->path().filename().string();
    lines.insert(name + ": " + *text);
    if (text->starts_with("Vulnerable")) open.insert(name);
  }
  if (lines.empty()) return reader->AddMissing("mitigations", "no such folder: " + folder.string());
  std::string all;
  for (const std::string& line : lines) all += line + '\n';
  const std::vector<std::string> names(open.begin(), open.end());
  reader->Add("mitigations",
              "all:" + Hex16(Fnv1a64(all)) + (names.empty() ? "" : " open: " + Joined(names)));
}

// Variables that change an engine's speed, as this process got them.
void AddEnvironment(StateReader* reader) {
  reader->AddChosen("environment", "proc/self/environ", [](std::string_view text) {
    std::vector<std::string> kept;
    while (!text.empty()) {
      const size_t end = std::min(text.find('\0'), text.size());
      const std::string_view entry = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      for (const char* prefix : {"OMP_", "GOMP_", "KMP_", "ONEDNN_", "DNNL_", "MALLOC_", "HWLOC_",
                                 "LD_PRELOAD=", "GLIBC_TUNABLES="}) {
        if (entry.starts_with(prefix)) kept.emplace_back(entry);
      }
    }
    std::sort(kept.begin(), kept.end());
    return std::optional(kept.empty() ? "nothing that changes speed" : Joined(kept));
  });
}

void AddVirtualisation(StateReader* reader) {
  std::error_code ignored;
  const bool container = fs::exists(reader->At(".dockerenv"), ignored) ||
                         fs::exists(reader->At("run/.containerenv"), ignored) ||
                         fs::exists(reader->At("run/systemd/container"), ignored);
  reader->Add("container", container ? "yes" : "none found");
  for (const char* name : {"sys_vendor", "product_name", "board_name", "bios_version"}) {
    reader->AddFile("board." + std::string(name), "sys/class/dmi/id/" + std::string(name));
  }
}

void AddTemperature(StateReader* reader) {
  const Reading milli = ReadTemperature(reader->At(""));
  if (milli.value) {
    reader->Add("temperature", Decimal(static_cast<double>(*milli.value) / 1e3) + " C",
                StateKind::kGate);
  } else {
    reader->AddMissing("temperature", milli.unavailable, StateKind::kGate);
  }
}

}  // namespace

void ReadMemoryItems(StateReader* reader) {
  AddMemoryTotal(reader);
  reader->AddChosen("thp.enabled", "sys/kernel/mm/transparent_hugepage/enabled", Bracketed);
  reader->AddChosen("thp.defrag", "sys/kernel/mm/transparent_hugepage/defrag", Bracketed);
  reader->AddFile("hugepages", "proc/sys/vm/nr_hugepages");
  reader->AddFile("numa_balancing", "proc/sys/kernel/numa_balancing");
  reader->AddFile("zone_reclaim_mode", "proc/sys/vm/zone_reclaim_mode");
  reader->AddFile("swappiness", "proc/sys/vm/swappiness");
  reader->AddFile("overcommit_memory", "proc/sys/vm/overcommit_memory");
}

void ReadKernelItems(StateReader* reader) {
  reader->AddFile("kernel.release", "proc/sys/kernel/osrelease");
  reader->Add("glibc", gnu_get_libc_version());
  AddCommandLine(reader);
  AddMitigations(reader);
  AddEnvironment(reader);
  AddVirtualisation(reader);
  reader->AddFile("aslr", "proc/sys/kernel/randomize_va_space");
  reader->AddFile("perf_event_paranoid", "proc/sys/kernel/perf_event_paranoid");
  reader->AddFile("nmi_watchdog", "proc/sys/kernel/nmi_watchdog");
  reader->AddFile("cpu.amd_pstate", "sys/devices/system/cpu/amd_pstate/status");
  reader->AddChosen(
      "energy.counter", "sys/class/powercap/intel-rapl:0/energy_uj",
      [](std::string_view) { return std::optional<std::string>("readable"); }, StateKind::kDelta);
  reader->AddFile("clocksource", "sys/devices/system/clocksource/clocksource0/current_clocksource");
}

void ReadLimitItems(const Topology& topology, StateReader* reader) {
  reader->Add("allowed.cpus", FormatList(topology.allowed_cpus));
  reader->Add("allowed.nodes", FormatList(topology.allowed_nodes));
  const CgroupState cgroup = ReadCgroup(reader->At(""));
  if (cgroup.cpu_unavailable.empty()) {
    reader->Add("cgroup.cpu_limit",
                cgroup.cpu_limit ? Decimal(*cgroup.cpu_limit) + " cpus" : "none");
  } else {
    reader->AddMissing("cgroup.cpu_limit", cgroup.cpu_unavailable);
  }
  if (cgroup.memory_unavailable.empty()) {
    reader->Add("cgroup.memory_limit",
                cgroup.memory_limit_bytes
                    ? std::to_string(*cgroup.memory_limit_bytes >> 20) + " MiB"
                    : "none");
  } else {
    reader->AddMissing("cgroup.memory_limit", cgroup.memory_unavailable);
  }
}

void ReadLoadItems(StateReader* reader) {
  reader->AddFile("load.average", "proc/loadavg", StateKind::kGate);
  for (const char* name : {"cpu", "memory", "io"}) {
    reader->AddFile("pressure." + std::string(name), "proc/pressure/" + std::string(name),
                    StateKind::kGate);
  }
  AddTemperature(reader);
}

}  // namespace moebench
