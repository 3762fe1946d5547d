// The most that can be read per second of data that is read over and over: by the caches where it
// fits them, else by memory, of which what lies in the caches for good needs none.
//   if (achieved_gbps > 1.05 * ReadableGbps(bound, achieved_gbps)) Refuse();
// Pure, thread-safe.
#pragma once

#include <cstdint>

namespace moebench {

struct ReadBound {
  double memory_gbps = 0, cache_gbps = 0;  // 1e9 bytes/s of the cores in use; 0 = not measured
  int64_t cache_bytes = 0;                 // last-level cache of these cores; 0 = unknown
  int64_t data_bytes = 0;                  // all that may be read; 0 = unknown
};

// Where the sizes are unknown: by what was achieved, for more than memory gives came from a cache.
bool FitsCaches(const ReadBound& bound, double achieved_gbps);

double ReadableGbps(const ReadBound& bound, double achieved_gbps);  // 0 = not known

}  // namespace moebench
