#include "harness/machine/node_bandwidth.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>

#include "harness/base/error.h"
#include "harness/machine/thread_seats.h"

namespace moebench {
namespace {

constexpr int kMemoryMs = 150;

BandwidthRow Row(BandwidthRow::Kind kind, int from, int node, std::vector<int> cpus) {
  return {.kind = kind,
          .from = from,
          .node = node,
          .probe = {
              .cpus = std::move(cpus), .memory_ms = kMemoryMs, .cache_ms = 0, .memory_node = node}};
}

std::string Cell(const BandwidthRow& row) {
  if (row.gbps <= 0) return "       -";
  char text[32];
  std::snprintf(text, sizeof text, "%8.1f", row.gbps);
  return text;
}

std::string Padded(int number) {
  char text[32];
  std::snprintf(text, sizeof text, "%8d", number);
  return text;
}

}  // namespace

std::vector<BandwidthRow> PlanBandwidthRows(const Topology& topology) {
  const SeatsByNode seats = SeatsOf(topology, ThreadLayout::kPerCore, 0);
  std::vector<BandwidthRow> rows;
  std::vector<int> all;
  std::map<int, std::vector<int>> by_l3;
  for (const auto& [node, list] : seats) {
    std::vector<int> cpus;
    for (const Seat& seat : list) {
      cpus.push_back(seat.cpu);
      if (seat.l3 >= 0) by_l3[seat.l3].push_back(seat.cpu);
    }
    all.insert(all.end(), cpus.begin(), cpus.end());
    for (const NumaNode& memory : topology.nodes) {
      const auto& allowed = topology.allowed_nodes;
      if (!memory.has_memory || !std::binary_search(allowed.begin(), allowed.end(), memory.os_id)) {
        continue;
      }
      rows.push_back(Row(BandwidthRow::Kind::kNodePair, node, memory.os_id, cpus));
    }
  }
  if (by_l3.size() > 1) {
    for (const auto& [l3, cpus] : by_l3) {
      rows.push_back(Row(BandwidthRow::Kind::kL3, l3, -1, cpus));
    }
  }
  if (!all.empty()) rows.push_back(Row(BandwidthRow::Kind::kAll, -1, -1, all));
  return rows;
}

std::vector<BandwidthRow> MeasureRows(
    std::vector<BandwidthRow> rows,
    const std::function<Bandwidth(const BandwidthProbe&)>& measure) {
  for (BandwidthRow& row : rows) {
    try {
      const Bandwidth result = measure(row.probe);
      row.gbps = result.memory_gbps;
      row.unavailable = result.unavailable;
    } catch (const Error& error) {  // of this row alone: a cpu or node that was taken away
      row.unavailable = error.what();
    }
  }
  return rows;
}

std::string DrawBandwidth(const std::vector<BandwidthRow>& rows) {
  std::set<int> memory;
  std::map<int, std::map<int, const BandwidthRow*>> pairs;
  std::string rest;
  std::set<std::string> reasons;
  double least = 0, most = 0;
  for (const BandwidthRow& row : rows) {
    if (!row.unavailable.empty()) reasons.insert(row.unavailable);
    if (row.kind == BandwidthRow::Kind::kNodePair) {
      memory.insert(row.node);
      pairs[row.from][row.node] = &row;
    } else if (row.kind == BandwidthRow::Kind::kAll) {
      rest += "  all cores, near memory " + Cell(row) + "\n";
    } else if (row.gbps > 0) {
      least = least == 0 ? row.gbps : std::min(least, row.gbps);
      most = std::max(most, row.gbps);
    }
  }
  std::string text =
      "read bandwidth, GB/s: cores of a node (rows) from the memory of a node\n      ";
  for (const int node : memory) text += Padded(node);
  for (const auto& [from, list] : pairs) {
    text += "\n  " + Padded(from).substr(4);
    for (const int node : memory) {
      const auto found = list.find(node);
      text += found == list.end() ? "       -" : Cell(*found->second);
    }
  }
  text += '\n';
  if (most > 0) {
    char line[96];
    std::snprintf(line, sizeof line, "  cores of one L3, near memory %.1f to %.1f\n", least, most);
    text += line;
  }
  text += rest;
  for (const std::string& reason : reasons) text += "  not measured: " + reason + "\n";
  return text;
}

}  // namespace moebench
