// How fast the cores in use can read: the bound that no honest tokens/s can pass.
//   Bandwidth b = CachedReadBandwidth({.cpus = plan.thread_cpus}, cache_file, BootId("/"),
//                                     TopologyDigest(topology));
//   bound = b.memory_gbps;  // bytes per token x tokens/s stays below it
// Starts its own pinned threads, one per cpu; each reads a buffer it touched first itself, so on a
// NUMA machine all reads are local: the most these cores can get. The best 2 ms of the measurement
// count, not the mean: it is a bound, and neighbours only ever make it slower.
// About 1 s for the first call of a boot, a file read afterwards. Not while anything is timed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace moebench {

struct BandwidthProbe {
  std::vector<int> cpus;  // OS numbers, one thread each
  // Well above any L3 share of one core, so that nothing but memory is measured. Less is taken
  // where a quarter of the available memory does not hold it for all threads.
  size_t memory_bytes_per_thread = size_t{256} << 20;
  // Fits a core's own L2 or its share of the L3.
  size_t cache_bytes_per_thread = size_t{1} << 20;
  int memory_ms = 300;   // length of the two measurements
  int cache_ms = 100;    // 0: the caches are not measured
  int memory_node = -1;  // of all buffers of the memory measurement; -1: each thread's own
};

struct Bandwidth {
  double memory_gbps = 0;   // 1e9 bytes/s read from memory by all threads together; 0 = see below
  double cache_gbps = 0;    // the same out of the caches
  size_t memory_bytes = 0;  // of all buffers of the memory measurement
  int threads = 0;
  std::string isa;          // what the loop was compiled for: avx512f | avx2 | baseline
  std::string unavailable;  // why nothing was measured
  std::string not_cached;   // why the result could not be kept for the next call; empty if it was
};

// Throws Error only where a thread can't be pinned to its cpu or a node is refused.
Bandwidth MeasureReadBandwidth(const BandwidthProbe& probe);

// The result of an earlier call with the same probe in the same boot and topology (TopologyDigest),
// else a fresh one, which is then added to the file (made with its folder if need be). A file that
// can't be read, parsed or written costs a measurement, never an error.
Bandwidth CachedReadBandwidth(const BandwidthProbe& probe, const std::filesystem::path& cache_file,
                              const std::string& boot_id, const std::string& topology);

// Changes with every boot of the machine below root; empty where there is none, and then nothing is
// cached.
std::string BootId(const std::filesystem::path& root);

// ${XDG_CACHE_HOME:-~/.cache}/moebench/bandwidth.json from the values of these two variables; empty
// if both are.
std::filesystem::path BandwidthCacheFile(const std::string& xdg_cache_home,
                                         const std::string& home);

}  // namespace moebench
