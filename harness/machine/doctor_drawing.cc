// The drawing of doctor.h, after lstopo's text output: a box per package and node.
#include <algorithm>
#include <cstdio>
#include <map>

#include "harness/machine/doctor.h"
#include "harness/machine/doctor_caches.h"
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

// Rows that fill the width left inside two boxes; cores that share an L2 stand in braces.
Lines DrawCores(const Topology& topology, const std::vector<const Core*>& cores) {
  const int last = topology.allowed_cpus.empty() ? 0 : topology.CpuCount() - 1;
  const size_t cpu_width = std::to_string(last).size();
  Lines rows;
  for (size_t i = 0; i < cores.size(); ++i) {
    const Core& core = *cores[i];
    std::string text = DrawCore(topology, core, cpu_width);
    if (CoresOfL2(topology, core) > 1) {
      if (i == 0 || cores[i - 1]->l2 != core.l2) text = '{' + text;
      if (i + 1 == cores.size() || cores[i + 1]->l2 != core.l2) text += '}';
    }
    if (rows.empty() || rows.back().size() + text.size() > kColumns - 14) rows.emplace_back();
    rows.back() += text;
  }
  return rows;
}

// What the probe found of a part of the machine; null if it was not asked or got no answer.
const BandwidthRow* Measured(const std::vector<BandwidthRow>& rows, BandwidthRow::Kind kind,
                             int from, int node) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const BandwidthRow& row) {
    return row.kind == kind && row.from == from && row.node == node && row.gbps > 0;
  });
  return found == rows.end() ? nullptr : &*found;
}

std::string Gbps(double gbps) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f GB/s", gbps);
  return text;
}

struct Drawn {
  const Topology& topology;
  const std::vector<BandwidthRow>& bandwidth;
  std::string common;  // caches of every core; empty where cores differ or nobody says
};

std::string L3Title(const Drawn& drawn, int l3, size_t cores_here) {
  if (l3 < 0) return "no L3 shown";
  const Topology& topology = drawn.topology;
  const CacheGroup& group = topology.l3_groups[static_cast<size_t>(l3)];
  const auto all = static_cast<size_t>(std::count_if(topology.cores.begin(), topology.cores.end(),
                                                     [&](const Core& c) { return c.l3 == l3; }));
  std::string title = "L3 " + CacheSize(group.bytes);
  if (all > cores_here) title += ", shared with other nodes";
  const BandwidthRow* row = Measured(drawn.bandwidth, BandwidthRow::Kind::kL3, l3, -1);
  if (row == nullptr) row = Measured(drawn.bandwidth, BandwidthRow::Kind::kAll, l3, -1);
  if (row != nullptr && row->cache_gbps > 0) title += ": " + Gbps(row->cache_gbps);
  return title;
}

// The cores of one L3 on one node, those with the same caches together.
Lines DrawL3(const Drawn& drawn, const std::vector<const Core*>& cores) {
  std::vector<std::pair<std::string, std::vector<const Core*>>> kinds;
  for (const Core* core : cores) {
    const std::string caches = drawn.common.empty() ? CoreCaches(drawn.topology, *core) : "";
    const auto same = std::find_if(kinds.begin(), kinds.end(),
                                   [&](const auto& kind) { return kind.first == caches; });
    (same == kinds.end() ? kinds.emplace_back(caches, std::vector<const Core*>{}) : *same)
        .second.push_back(core);
  }
  Lines lines;
  for (const auto& [caches, list] : kinds) {
    if (!caches.empty()) {
      lines.push_back("  " + Count(list.size(), "core", "cores, each") + ": " + caches);
    }
    for (const std::string& row : DrawCores(drawn.topology, list)) lines.push_back("  " + row);
  }
  return lines;
}

std::string NodeTitle(const Drawn& drawn, const NumaNode& node, size_t cores) {
  const auto& allowed = drawn.topology.allowed_nodes;
  const bool usable = std::binary_search(allowed.begin(), allowed.end(), node.os_id);
  std::string title = "node " + std::to_string(node.os_id) + ": ";
  title += !node.has_memory         ? "no memory"
           : node.memory_bytes == 0 ? "memory of unknown size"
                                    : Gib(node.memory_bytes);
  if (const BandwidthRow* own =
          Measured(drawn.bandwidth, BandwidthRow::Kind::kNodePair, node.os_id, node.os_id)) {
    title += " at " + Gbps(own->gbps);
  }
  title += cores == 0 ? ", no cores" : ", " + Count(cores, "core", "cores");
  if (node.has_memory && !usable) title += ", memory not usable here";
  return title;
}

Lines DrawNode(const Drawn& drawn, const NumaNode& node) {
  std::map<int, std::vector<const Core*>> by_l3;
  size_t cores = 0;
  for (const Core& core : drawn.topology.cores) {
    if (core.node != node.os_id) continue;
    by_l3[core.l3].push_back(&core);
    ++cores;
  }
  Lines content;
  for (const auto& [l3, list] : by_l3) {
    content.push_back(L3Title(drawn, l3, list.size()));
    for (const std::string& line : DrawL3(drawn, list)) content.push_back(line);
  }
  return Box(NodeTitle(drawn, node, cores), content);
}

Lines DrawPackage(const Drawn& drawn, int package) {
  Lines content;
  for (const NumaNode& node : drawn.topology.nodes) {
    if (node.package != package) continue;
    for (const std::string& line : DrawNode(drawn, node)) content.push_back(line);
  }
  if (package < 0) return content;
  const Package& p = drawn.topology.packages[static_cast<size_t>(package)];
  const std::string title =
      "package " + std::to_string(package) + (p.cpu_model.empty() ? "" : ": " + p.cpu_model);
  return Box(title.substr(0, kColumns - 8), content);
}

// Of every core, where all have the same.
std::string CommonCaches(const Topology& topology) {
  const std::string caches = CoreCaches(topology, topology.cores.front());
  const bool same = std::all_of(topology.cores.begin(), topology.cores.end(),
                                [&](const Core& c) { return CoreCaches(topology, c) == caches; });
  return same ? caches : "";
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

std::string DrawTopology(const Topology& topology, const std::vector<BandwidthRow>& bandwidth) {
  const Drawn drawn{topology, bandwidth, CommonCaches(topology)};
  std::string text = topology.source + ": " +
                     Count(topology.packages.size(), "package", "packages") + ", " +
                     Count(topology.nodes.size(), "NUMA node", "NUMA nodes") + ", " +
                     Count(topology.cores.size(), "core", "cores") + ", " +
                     Count(static_cast<size_t>(topology.CpuCount()), "cpu", "cpus");
  if (topology.MemoryBytes() > 0) text += ", " + Gib(topology.MemoryBytes());
  text += '\n';
  if (!drawn.common.empty()) text += "each core: " + drawn.common + '\n';
  for (int package = -1; package < static_cast<int>(topology.packages.size()); ++package) {
    for (const std::string& line : DrawPackage(drawn, package)) text += line + '\n';
  }
  text += "[..] a core with its cpus; without brackets: not usable by this process\n";
  if (std::any_of(topology.cores.begin(), topology.cores.end(),
                  [&](const Core& core) { return CoresOfL2(topology, core) > 1; })) {
    text += "{..} cores that share an L2\n";
  }
  return text + DrawDistances(topology) + "read through hwloc, API " + topology.hwloc_version +
         '\n';
}

}  // namespace moebench
