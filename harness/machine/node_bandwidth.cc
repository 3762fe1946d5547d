#include "harness/machine/node_bandwidth.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <utility>

#include "harness/base/error.h"
#include "harness/machine/proc_text.h"
#include "harness/machine/thread_seats.h"

namespace moebench {
namespace {

constexpr int kMemoryMs = 150;
constexpr int kCacheMs = 50;
constexpr double kUnusual = 0.9;  // of the median of the peers

BandwidthRow Row(BandwidthRow::Kind kind, int from, int node, std::vector<int> cpus) {
  return {.kind = kind,
          .from = from,
          .node = node,
          .probe = {
              .cpus = std::move(cpus), .memory_ms = kMemoryMs, .cache_ms = 0, .memory_node = node}};
}

// A row that also measures the L3 itself.
BandwidthRow L3Row(BandwidthRow::Kind kind, const Topology& topology, int l3,
                   std::vector<int> cpus) {
  // In a chunk of at most 16 MiB, 0.5 ms: several fit into the 2 ms that count.
  constexpr size_t kLeast = size_t{64} << 10, kMost = size_t{16} << 20;
  const auto l3_bytes =
      static_cast<size_t>(std::max<int64_t>(topology.l3_groups[static_cast<size_t>(l3)].bytes, 0));
  const size_t each = l3_bytes / 2 / std::max<size_t>(cpus.size(), 1);
  BandwidthRow row = Row(kind, l3, -1, std::move(cpus));
  row.probe.cache_bytes_per_thread = std::clamp(each, kLeast, kMost);
  row.probe.cache_ms = kCacheMs;
  return row;
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

std::string Fixed(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

using Figure = double BandwidthRow::*;

bool HasFigure(const BandwidthRow& row, Figure figure) {
  return row.kind == BandwidthRow::Kind::kL3 && row.*figure > 0;
}

// The median of the other L3s with as many cores; 0 if there are none.
double MedianOfPeers(const std::vector<BandwidthRow>& rows, const BandwidthRow& of, Figure figure) {
  std::vector<double> peers;
  for (const BandwidthRow& row : rows) {
    if (&row == &of || !HasFigure(row, figure)) continue;
    if (row.probe.cpus.size() == of.probe.cpus.size()) peers.push_back(row.*figure);
  }
  if (peers.empty()) return 0;
  std::sort(peers.begin(), peers.end());
  const size_t half = peers.size() / 2;
  return peers.size() % 2 == 1 ? peers[half] : (peers[half - 1] + peers[half]) / 2;
}

std::string DrawRange(const std::vector<BandwidthRow>& rows, Figure figure, const char* what) {
  double least = 0, most = 0;
  for (const BandwidthRow& row : rows) {
    if (!HasFigure(row, figure)) continue;
    least = least == 0 ? row.*figure : std::min(least, row.*figure);
    most = std::max(most, row.*figure);
  }
  if (most == 0) return "";
  return std::string("  cores of one L3, ") + what + ' ' + Fixed(least) + " to " + Fixed(most) +
         '\n';
}

// Those of the caches that stand out as slow.
std::string DrawUnusual(const std::vector<BandwidthRow>& rows, Figure figure, const char* what) {
  std::string text;
  for (const BandwidthRow& row : rows) {
    if (!HasFigure(row, figure)) continue;
    const double median = MedianOfPeers(rows, row, figure);
    if (row.*figure >= kUnusual * median) continue;
    std::vector<int> cpus = row.probe.cpus;
    std::sort(cpus.begin(), cpus.end());
    text += "    L3 of cpus " + FormatList(cpus) + ", " + what + ' ' + Fixed(row.*figure) + ": " +
            Fixed(100 * (1 - row.*figure / median)) + " % below the others' median\n";
  }
  return text;
}

std::string DrawL3s(const std::vector<BandwidthRow>& rows) {
  std::string text;
  for (const auto& [figure, what] : {std::pair{&BandwidthRow::gbps, "near memory"},
                                     std::pair{&BandwidthRow::cache_gbps, "out of the cache"}}) {
    text += DrawRange(rows, figure, what) + DrawUnusual(rows, figure, what);
  }
  return text;
}

std::string DrawAll(const BandwidthRow& row) {
  std::string text = "  all cores, near memory " + Cell(row) + '\n';
  if (row.cache_gbps > 0) text += "  all cores, out of the L3 " + Fixed(row.cache_gbps) + '\n';
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
      rows.push_back(L3Row(BandwidthRow::Kind::kL3, topology, l3, cpus));
    }
  }
  if (all.empty()) return rows;
  const bool one = by_l3.size() == 1 && by_l3.begin()->second.size() == all.size();
  rows.push_back(one ? L3Row(BandwidthRow::Kind::kAll, topology, by_l3.begin()->first, all)
                     : Row(BandwidthRow::Kind::kAll, -1, -1, all));
  return rows;
}

std::vector<BandwidthRow> MeasureRows(
    std::vector<BandwidthRow> rows,
    const std::function<Bandwidth(const BandwidthProbe&)>& measure) {
  for (BandwidthRow& row : rows) {
    try {
      const Bandwidth result = measure(row.probe);
      row.gbps = result.memory_gbps;
      row.cache_gbps = result.cache_gbps;
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
  for (const BandwidthRow& row : rows) {
    if (!row.unavailable.empty()) reasons.insert(row.unavailable);
    if (row.kind == BandwidthRow::Kind::kNodePair) {
      memory.insert(row.node);
      pairs[row.from][row.node] = &row;
    } else if (row.kind == BandwidthRow::Kind::kAll) {
      rest += DrawAll(row);
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
  text += '\n' + DrawL3s(rows) + rest;
  for (const std::string& reason : reasons) text += "  not measured: " + reason + "\n";
  return text;
}

}  // namespace moebench
