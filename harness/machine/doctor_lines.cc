// The findings of doctor.h: what is wanted of each setting, and why.
#include <algorithm>
#include <functional>

#include "harness/machine/doctor.h"
#include "harness/machine/proc_text.h"

namespace moebench {
namespace {

// One setting that the machine state shows and a command changes.
struct Rule {
  const char* topic;
  const char* item;  // of the machine state
  const char* wanted;
  std::function<bool(const std::string& value)> fine;
  const char* effect;
  const char* command;
};

bool Is(const std::string& value, std::initializer_list<const char*> good) {
  return std::any_of(good.begin(), good.end(), [&](const char* g) { return value == g; });
}

const std::vector<Rule>& Rules() {
  static const std::vector<Rule> rules = {
      {"cpu governor", "cpu.governor", "performance",
       [](const std::string& v) { return v == "performance"; },
       "other governors change the clock between tokens: slower, and trials scatter",
       "sudo cpupower frequency-set -g performance"},
      {"boost", "cpu.boost", "on, or off in every run",
       [](const std::string& v) { return v == "on"; },
       "on is fastest and follows the temperature; off is steadier; a change makes runs "
       "incomparable",
       "echo 1 | sudo tee /sys/devices/system/cpu/cpufreq/boost"},
      {"transparent huge pages", "thp.enabled", "madvise or always",
       [](const std::string& v) {
         return Is(v, {"madvise", "always"});
       },
       "with 4 KiB pages reading gigabytes of weights misses the TLB on every page",
       "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled"},
      {"SMT", "smt.active", "any", [](const std::string&) { return true; },
       "threads are pinned one per core; a sibling that others keep busy halves that core",
       "echo off | sudo tee /sys/devices/system/cpu/smt/control"},
      {"energy preference", "cpu.energy_preference", "performance",
       [](const std::string& v) { return v == "performance"; },
       "other preferences let the cpu rise to its clock late, or not at all",
       "echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/"
       "energy_performance_preference"},
      {"NMI watchdog", "nmi_watchdog", "0", [](const std::string& v) { return v == "0"; },
       "it takes a performance counter and interrupts every core now and then",
       "sudo sysctl -w kernel.nmi_watchdog=0"},
      {"zone reclaim", "zone_reclaim_mode", "0", [](const std::string& v) { return v == "0"; },
       "a full node throws out cached model pages instead of using its neighbour's memory",
       "sudo sysctl -w vm.zone_reclaim_mode=0"},
      {"energy counter", "energy.counter", "readable",
       [](const std::string& v) { return v == "readable"; },
       "joules per token are recorded only where it can be read",
       "sudo chmod -R a+r /sys/class/powercap/intel-rapl"},
      {"swap", "swap.total", "none", [](const std::string& v) { return v == "0 MiB"; },
       "weights that were swapped out come back at the speed of the disk", "sudo swapoff -a"},
      {"clock source", "clocksource", "tsc", [](const std::string& v) { return v == "tsc"; },
       "with any other source every look at the clock is slow", "boot with clocksource=tsc"},
      {"virtual machine", "cpu.hypervisor", "no", [](const std::string& v) { return v == "no"; },
       "neighbours share caches and memory and take time away (steal): figures scatter", ""},
      {"cgroup cpu limit", "cgroup.cpu_limit", "none",
       [](const std::string& v) { return v == "none"; },
       "all threads are stopped whenever the quota is used up; such trials are marked unstable",
       "limit cpus by number instead: docker run --cpuset-cpus, systemd AllowedCPUs="},
      {"cgroup memory limit", "cgroup.memory_limit", "none, or above model and KV cache",
       [](const std::string& v) { return v == "none"; },
       "a model that does not fit is killed while it loads", ""}};
  return rules;
}

DoctorLine Apply(const Rule& rule, const MachineState& state) {
  DoctorLine line{.topic = rule.topic,
                  .value = "",
                  .wanted = rule.wanted,
                  .effect = rule.effect,
                  .command = rule.command,
                  .status = DoctorStatus::kFine};
  const StateItem* item = state.Find(rule.item);
  if (item == nullptr || !item->unavailable.empty()) {
    line.value = "unavailable(" + (item == nullptr ? "not looked at" : item->unavailable) + ")";
    line.status = DoctorStatus::kUnknown;
    return line;
  }
  line.value = item->value;
  line.status = rule.fine(item->value) ? DoctorStatus::kFine : DoctorStatus::kAdvice;
  return line;
}

DoctorLine BalancingLine(const Topology& topology, const MachineState& state) {
  const bool matters = topology.nodes.size() > 1;
  return Apply({"NUMA balancing", "numa_balancing", matters ? "0" : "any (one node)",
                [=](const std::string& v) { return !matters || v == "0"; },
                "the kernel moves pages between nodes during a run, against the policy asked for",
                "sudo sysctl -w kernel.numa_balancing=0"},
               state);
}

DoctorLine AllowedCpusLine(const Topology& topology) {
  const bool all = static_cast<int>(topology.allowed_cpus.size()) == topology.CpuCount();
  return {.topic = "usable cpus",
          .value = FormatList(topology.allowed_cpus) + " of " + std::to_string(topology.CpuCount()),
          .wanted = "all",
          .effect =
              "threads are placed on these only; a cpuset across nodes without a memory "
              "policy once halved a published figure",
          .command = all ? "" : "taskset, numactl or the cpuset of the cgroup set it",
          .status = all ? DoctorStatus::kFine : DoctorStatus::kAdvice};
}

DoctorLine AllowedNodesLine(const Topology& topology) {
  const auto usable = std::count_if(topology.nodes.begin(), topology.nodes.end(),
                                    [](const auto& node) { return node.has_memory; });
  const bool all = static_cast<std::ptrdiff_t>(topology.allowed_nodes.size()) >= usable;
  return {.topic = "usable memory nodes",
          .value = FormatList(topology.allowed_nodes) + " of " + std::to_string(usable),
          .wanted = "all",
          .effect = "pages are placed on these only, and only their bandwidth counts",
          .command = all ? "" : "numactl or cpuset.mems of the cgroup set it",
          .status = all ? DoctorStatus::kFine : DoctorStatus::kAdvice};
}

DoctorLine NodesPerSocketLine(const MachineState& state) {
  return Apply(
      {"NUMA nodes", "topology.nodes_per_socket", "any", [](const std::string&) { return true; },
       "EPYC's NPS and Xeon's SNC: more nodes give local memory more bandwidth, if the "
       "placement follows them",
       "BIOS setup: NPS1, NPS2, NPS4 or SNC"},
      state);
}

DoctorLine PolicyLine(const std::string& no_memory_policy) {
  const bool fine = no_memory_policy.empty();
  return {.topic = "memory policy",
          .value = fine ? "can be set" : no_memory_policy,
          .wanted = "can be set",
          .effect = "without it pages fall on the node that touches them first, whatever is asked",
          .command = fine ? "" : "docker run --cap-add SYS_NICE",
          .status = fine ? DoctorStatus::kFine : DoctorStatus::kAdvice};
}

}  // namespace

std::vector<DoctorLine> DoctorLines(const Topology& topology, const MachineState& state,
                                    const std::string& no_memory_policy) {
  std::vector<DoctorLine> lines = {AllowedCpusLine(topology), AllowedNodesLine(topology),
                                   NodesPerSocketLine(state), PolicyLine(no_memory_policy),
                                   BalancingLine(topology, state)};
  for (const Rule& rule : Rules()) lines.push_back(Apply(rule, state));
  return lines;
}

}  // namespace moebench
