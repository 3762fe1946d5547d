// How fast each part of the machine reads memory: every node its own and every other node's, the
// cores of one L3 cache, and all cores together.
//   for (const BandwidthRow& row : PlanBandwidthRows(topology))
//     CachedReadBandwidth(row.probe, cache_file, BootId("/"))...
// Planning is pure; a row costs about 0.2 s for the first time after a boot.
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
  int from = -1;  // kNodePair: node of the cores; kL3: index of the group
  int node = -1;  // kNodePair: node of the memory
  BandwidthProbe probe;
  double gbps = 0;          // 1e9 bytes/s; 0 = see below
  std::string unavailable;  // why there is no figure
};

// The cores of every node that has some against every node with memory, all that this process may
// use; one core per thread. Then every L3 group (if there is more than one) and all cores, each
// reading memory that is near.
std::vector<BandwidthRow> PlanBandwidthRows(const Topology& topology);

// The rows measured, by a function that does it (CachedReadBandwidth).
std::vector<BandwidthRow> MeasureRows(
    std::vector<BandwidthRow> rows, const std::function<Bandwidth(const BandwidthProbe&)>& measure);

// A table of nodes against nodes, GB/s, then the caches and the total. ASCII.
std::string DrawBandwidth(const std::vector<BandwidthRow>& rows);

}  // namespace moebench
