// The drawing of doctor.h, after lstopo's text output: a box per package and node.
#include <algorithm>
#include <cstdio>
#include <map>

#include "harness/machine/doctor.h"
#include "harness/machine/proc_text.h"

namespace moebench {
namespace {

constexpr size_t kColumns = 100;

using Lines = std::vector<std::string>;

std::string Gib(int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f GiB", static_cast<double>(bytes) / (1 << 30));
  return text;
}

std::string Count(size_t n, const char* one, const char* many) {
  return std::to_string(n) + ' ' + (n == 1 ? one : many);
}

// +- title ----+
// | content    |
// +------------+
Lines Box(const std::string& title, const Lines& content) {
  size_t width = title.size() + 2;
  for (const std::string& line : content) width = std::max(width, line.size());
  Lines box = {"+- " + title + ' ' + std::string(width - title.size() - 1, '-') + '+'};
  for (const std::string& line : content) {
    box.push_back("| " + line + std::string(width - line.size(), ' ') + " |");
  }
  box.push_back('+' + std::string(width + 2, '-') + '+');
  return box;
}

// "[0 64]" a core with its cpus, " 0 64 " one that this process may not use.
std::string DrawCore(const Topology& topology, const Core& core, size_t cpu_width) {
  std::string text;
  for (const int cpu : core.cpus) {
    const std::string number = std::to_string(cpu);
    text += (text.empty() ? "" : " ") +
            std::string(cpu_width - std::min(cpu_width, number.size()), ' ') + number;
  }
  const bool usable = std::any_of(core.cpus.begin(), core.cpus.end(), [&](int cpu) {
    return std::binary_search(topology.allowed_cpus.begin(), topology.allowed_cpus.end(), cpu);
  });
  return usable ? '[' + text + ']' : ' ' + text + ' ';
}

// Rows that fill the width left inside two boxes.
Lines DrawCores(const Topology& topology, const std::vector<const Core*>& cores) {
  const int last = topology.allowed_cpus.empty() ? 0 : topology.CpuCount() - 1;
  const size_t cpu_width = std::to_string(last).size();
  Lines rows;
  for (const Core* core : cores) {
    const std::string text = DrawCore(topology, *core, cpu_width);
    if (rows.empty() || rows.back().size() + text.size() > kColumns - 14) rows.emplace_back();
    rows.back() += text;
  }
  return rows;
}

std::string L3Title(const Topology& topology, int l3, size_t cores_here) {
  if (l3 < 0) return "no L3 shown";
  const CacheGroup& group = topology.l3_groups[static_cast<size_t>(l3)];
  const auto all = static_cast<size_t>(std::count_if(topology.cores.begin(), topology.cores.end(),
                                                     [&](const Core& c) { return c.l3 == l3; }));
  const std::string shared = all > cores_here ? ", shared with other nodes" : "";
  return "L3 " + std::to_string(group.bytes >> 20) + " MiB" + shared;
}

Lines DrawNode(const Topology& topology, const NumaNode& node) {
  std::map<int, std::vector<const Core*>> by_l3;
  size_t cores = 0;
  for (const Core& core : topology.cores) {
    if (core.node != node.os_id) continue;
    by_l3[core.l3].push_back(&core);
    ++cores;
  }
  const auto& allowed = topology.allowed_nodes;
  const bool usable = std::binary_search(allowed.begin(), allowed.end(), node.os_id);
  std::string title = "node " + std::to_string(node.os_id) + ": ";
  title += !node.has_memory         ? "no memory"
           : node.memory_bytes == 0 ? "memory of unknown size"
                                    : Gib(node.memory_bytes);
  title += cores == 0 ? ", no cores" : ", " + Count(cores, "core", "cores");
  if (node.has_memory && !usable) title += ", memory not usable here";
  Lines content;
  for (const auto& [l3, list] : by_l3) {
    content.push_back(L3Title(topology, l3, list.size()));
    for (const std::string& row : DrawCores(topology, list)) content.push_back("  " + row);
  }
  return Box(title, content);
}

Lines DrawPackage(const Topology& topology, int package) {
  Lines content;
  for (const NumaNode& node : topology.nodes) {
    if (node.package != package) continue;
    for (const std::string& line : DrawNode(topology, node)) content.push_back(line);
  }
  if (package < 0) return content;
  const Package& p = topology.packages[static_cast<size_t>(package)];
  const std::string title =
      "package " + std::to_string(package) + (p.cpu_model.empty() ? "" : ": " + p.cpu_model);
  return Box(title.substr(0, kColumns - 8), content);
}

std::string DrawDistances(const Topology& topology) {
  if (topology.distances.empty()) return "";
  std::string text = "distances (10 = local)\n      ";
  char cell[16];
  for (const NumaNode& node : topology.nodes) {
    std::snprintf(cell, sizeof cell, "%4d", node.os_id);
    text += cell;
  }
  for (size_t i = 0; i < topology.distances.size(); ++i) {
    std::snprintf(cell, sizeof cell, "\n  %4d", topology.nodes[i].os_id);
    text += cell;
    for (const int d : topology.distances[i]) {
      std::snprintf(cell, sizeof cell, "%4d", d);
      text += cell;
    }
  }
  return text + '\n';
}

}  // namespace

std::string DrawTopology(const Topology& topology) {
  std::string text = topology.source + ": " +
                     Count(topology.packages.size(), "package", "packages") + ", " +
                     Count(topology.nodes.size(), "NUMA node", "NUMA nodes") + ", " +
                     Count(topology.cores.size(), "core", "cores") + ", " +
                     Count(static_cast<size_t>(topology.CpuCount()), "cpu", "cpus");
  if (topology.MemoryBytes() > 0) text += ", " + Gib(topology.MemoryBytes());
  text += '\n';
  for (int package = -1; package < static_cast<int>(topology.packages.size()); ++package) {
    for (const std::string& line : DrawPackage(topology, package)) text += line + '\n';
  }
  text += "[..] a core with its cpus; without brackets: not usable by this process\n";
  return text + DrawDistances(topology) + "read through hwloc, API " + topology.hwloc_version +
         '\n';
}

}  // namespace moebench
