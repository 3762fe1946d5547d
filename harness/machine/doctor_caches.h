// The caches of cores in words, for the drawing of doctor.h.
//   CoreCaches(topology, core)  ->  "L1d 32 KiB, L1i 32 KiB, L2 1 MiB"
// Pure.
#pragma once

#include <cstdint>
#include <string>

#include "harness/machine/topology.h"

namespace moebench {

// "512 KiB", "1.25 MiB", "105 MiB".
std::string CacheSize(int64_t bytes);

// Cores that share the L2 of this one; 0 if it has none.
int CoresOfL2(const Topology& topology, const Core& core);

// What each core has below the L3, and of how many it is where not of itself alone; empty where
// nobody says.
std::string CoreCaches(const Topology& topology, const Core& core);

}  // namespace moebench
