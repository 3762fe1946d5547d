// CPU, topology and frequency items of the machine state.
#include <algorithm>
#include <map>
#include <set>

#include "harness/base/hash.h"
#include "harness/machine/proc_text.h"
#include "harness/machine/state_reader.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;

// "model name : AMD EPYC" of the first cpu.
std::optional<std::string> CpuInfo(std::string_view cpuinfo, std::string_view key) {
  for (const std::string_view line : SplitLines(cpuinfo)) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || !line.starts_with(key)) continue;
    const std::string_view between = line.substr(key.size(), colon - key.size());
    if (between.find_first_not_of(" \t") != std::string_view::npos) continue;
    const size_t value = line.find_first_not_of(" \t", colon + 1);
    return value == std::string_view::npos ? std::string() : std::string(line.substr(value));
  }
  return std::nullopt;
}

void AddCpuInfo(const std::string& name, std::string_view cpuinfo, std::string_view key,
                StateReader* reader) {
  if (const auto value = CpuInfo(cpuinfo, key)) {
    reader->Add(name, *value);
  } else {
    reader->AddMissing(name, "/proc/cpuinfo has no '" + std::string(key) + "'");
  }
}

// The flags that choose kernels, and a hash of all of them.
void AddFlags(std::string_view cpuinfo, StateReader* reader) {
  const std::optional<std::string> text = CpuInfo(cpuinfo, "flags");
  if (!text) {
    reader->AddMissing("cpu.flags", "/proc/cpuinfo has no 'flags'");
    reader->AddMissing("cpu.hypervisor", "/proc/cpuinfo has no 'flags'");
    return;
  }
  const std::vector<std::string_view> words = SplitWords(*text);
  const std::set<std::string_view> flags(words.begin(), words.end());
  std::string value;
  for (const char* name : {"avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512_vnni",
                           "avx512_bf16", "avx_vnni", "amx_tile", "amx_int8", "amx_bf16"}) {
    if (flags.contains(name)) value += std::string(name) + ' ';
  }
  std::string all;
  for (const std::string_view flag : flags) all += std::string(flag) + ' ';
  reader->Add("cpu.flags", value + "all:" + Hex16(Fnv1a64(all)));
  reader->Add("cpu.hypervisor", flags.contains("hypervisor") ? "yes" : "no");
}

// cpu numbers of root/sys/devices/system/cpu/cpu<N>, rising.
std::vector<int> CpuFolders(const StateReader& reader) {
  std::vector<int> cpus;
  std::error_code error;
  const fs::path folder = reader.At("sys/devices/system/cpu");
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (!name.starts_with("cpu")) continue;
    if (const auto number = ParseInt(std::string_view(name).substr(3))) {
      cpus.push_back(static_cast<int>(*number));
    }
  }
  std::sort(cpus.begin(), cpus.end());
  return cpus;
}

// One value if all cpus agree, else "powersave x 126, performance x 2".
void AddOfAllCpus(const std::string& name, const std::vector<int>& cpus, std::string_view file,
                  StateReader* reader) {
  std::map<std::string, int> count;
  for (const int cpu : cpus) {
    const std::string path =
        "sys/devices/system/cpu/cpu" + std::to_string(cpu) + '/' + std::string(file);
    if (const auto text = reader->Text(path)) ++count[*text];
  }
  if (count.empty()) {
    reader->AddMissing(name, "no cpu has " + std::string(file) +
                                 (cpus.empty() ? " (/sys is not there)" : " (a VM, or no driver)"));
    return;
  }
  if (count.size() == 1) return reader->Add(name, count.begin()->first);
  std::string value;
  for (const auto& [text, n] : count) {
    value += (value.empty() ? "" : ", ") + text + " x " + std::to_string(n);
  }
  reader->Add(name, value);
}

void AddBoost(StateReader* reader) {
  if (const auto boost = reader->Text("sys/devices/system/cpu/cpufreq/boost")) {
    return reader->Add("cpu.boost", *boost == "1" ? "on" : "off");
  }
  if (const auto no_turbo = reader->Text("sys/devices/system/cpu/intel_pstate/no_turbo")) {
    return reader->Add("cpu.boost", *no_turbo == "0" ? "on" : "off");
  }
  reader->AddMissing("cpu.boost", "neither cpufreq/boost nor intel_pstate/no_turbo is there");
}

// "C1 C2 C6(off)" of cpu 0.
void AddIdleStates(StateReader* reader) {
  std::string value;
  for (int state = 0;; ++state) {
    const std::string folder =
        "sys/devices/system/cpu/cpu0/cpuidle/state" + std::to_string(state) + '/';
    const auto name = reader->Text(folder + "name");
    if (!name) break;
    const bool off = reader->Text(folder + "disable").value_or("0") == "1";
    value += (value.empty() ? "" : " ") + *name + (off ? "(off)" : "");
  }
  if (value.empty()) {
    reader->AddMissing("cpu.idle_states", "cpu0/cpuidle has no states (a VM, or no driver)");
  } else {
    reader->Add("cpu.idle_states", value);
  }
}

// EPYC's BIOS settings as the OS sees them: NPS1/2/4, or a node per L3.
std::string NodesPerSocket(const Topology& topology) {
  size_t with_cpus = 0;
  for (const NumaNode& node : topology.nodes) with_cpus += node.cpus.empty() ? 0 : 1;
  const size_t packages = std::max<size_t>(1, topology.packages.size());
  if (with_cpus == topology.l3_groups.size() && with_cpus > packages) return "one node per L3";
  return std::to_string(with_cpus / packages) + (with_cpus % packages ? "+" : "") + " per package";
}

}  // namespace

void ReadCpuItems(StateReader* reader) {
  const std::optional<std::string> cpuinfo = reader->Text("proc/cpuinfo");
  if (!cpuinfo) {
    const std::string why = WhyUnreadable(reader->At("proc/cpuinfo"));
    for (const char* name :
         {"cpu.model", "cpu.stepping", "cpu.microcode", "cpu.flags", "cpu.hypervisor"}) {
      reader->AddMissing(name, why);
    }
    return;
  }
  AddCpuInfo("cpu.model", *cpuinfo, "model name", reader);
  AddCpuInfo("cpu.stepping", *cpuinfo, "stepping", reader);
  AddCpuInfo("cpu.microcode", *cpuinfo, "microcode", reader);
  AddFlags(*cpuinfo, reader);
}

void ReadTopologyItems(const Topology& topology, StateReader* reader) {
  reader->Add("topology.packages", std::to_string(topology.packages.size()));
  reader->Add("topology.nodes", std::to_string(topology.nodes.size()));
  reader->Add("topology.nodes_per_socket", NodesPerSocket(topology));
  reader->Add("topology.cores", std::to_string(topology.cores.size()));
  reader->Add("topology.cpus", std::to_string(topology.CpuCount()));
  if (topology.l3_groups.empty()) {
    reader->AddMissing("topology.l3", "the system shows no L3 cache");
  } else {
    reader->Add("topology.l3", std::to_string(topology.l3_groups.size()) + " x " +
                                   std::to_string(topology.l3_groups[0].bytes >> 20) + " MiB");
  }
  if (topology.distances.empty()) {
    reader->AddMissing("topology.distances",
                       "the system shows no distances (one node, or no SLIT)");
  } else {
    std::string rows;
    for (const std::vector<int>& row : topology.distances) {
      std::string text;
      for (const int d : row) text += (text.empty() ? "" : " ") + std::to_string(d);
      rows += (rows.empty() ? "" : " / ") + text;
    }
    reader->Add("topology.distances", rows);
  }
  reader->AddChosen("smt.active", "sys/devices/system/cpu/smt/active", [](std::string_view text) {
    return std::optional<std::string>(text == "1" ? "on" : "off");
  });
  reader->AddFile("smt.control", "sys/devices/system/cpu/smt/control");
}

void ReadFrequencyItems(StateReader* reader) {
  const std::vector<int> cpus = CpuFolders(*reader);
  AddOfAllCpus("cpu.governor", cpus, "cpufreq/scaling_governor", reader);
  AddOfAllCpus("cpu.frequency_driver", cpus, "cpufreq/scaling_driver", reader);
  AddOfAllCpus("cpu.energy_preference", cpus, "cpufreq/energy_performance_preference", reader);
  AddOfAllCpus("cpu.min_khz", cpus, "cpufreq/scaling_min_freq", reader);
  AddOfAllCpus("cpu.max_khz", cpus, "cpufreq/scaling_max_freq", reader);
  AddBoost(reader);
  reader->AddFile("cpu.idle_driver", "sys/devices/system/cpu/cpuidle/current_driver");
  AddIdleStates(reader);
}

}  // namespace moebench
