// How fast each part of the machine reads memory: every node its own and every other node's, the
// cores of one L3 cache, and all cores together.
//   for (const BandwidthRow& row : PlanBandwidthRows(topology))
//     CachedReadBandwidth(row.probe, cache_file, BootId("/"))...
// Planning is pure; a row costs about 0.2 s for the first time after a boot.
// The L3's own figure comes from half of it, in equal parts for its cores: where that is little
// more than their L2, it is that of both together.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/machine/bandwidth.h"
#include "harness/machine/topology.h"

namespace moebench {

struct BandwidthRow {
  enum class Kind { kNodePair, kL3, kAll };
  Kind kind = Kind::kAll;
  // kNodePair: node of the cores; kL3: index of the group; kAll: of the one L3 that serves all
  int from = -1;
  int node = -1;  // kNodePair: node of the memory
  BandwidthProbe probe;
  double gbps = 0;          // 1e9 bytes/s from memory; 0 = see below
  double cache_gbps = 0;    // kL3, kAll of one L3: out of the L3; 0: not asked, or see below
  std::string unavailable;  // why there is no figure
};

// The cores of every node that has some against every node with memory, all that this process may
// use; one core per thread. Then every L3 group (if there is more than one) and all cores, each
// reading memory that is near, and what the L3 holds.
std::vector<BandwidthRow> PlanBandwidthRows(const Topology& topology);

// The rows measured, by a function that does it (CachedReadBandwidth).
std::vector<BandwidthRow> MeasureRows(
    std::vector<BandwidthRow> rows, const std::function<Bandwidth(const BandwidthProbe&)>& measure);

// A table of nodes against nodes, GB/s, then the caches and the total; by name those caches whose
// cores read more than 10 % less than the median of the others with as many cores. ASCII.
std::string DrawBandwidth(const std::vector<BandwidthRow>& rows);

}  // namespace moebench
