#include "harness/machine/doctor_caches.h"

#include <algorithm>
#include <cstdio>

namespace moebench {
namespace {

std::string Named(const char* name, int64_t bytes, int cores) {
  std::string text = std::string(name) + ' ' + CacheSize(bytes);
  if (cores > 1) text += " for " + std::to_string(cores) + " cores";
  return text;
}

}  // namespace

std::string CacheSize(int64_t bytes) {
  constexpr int64_t kKib = 1 << 10, kMib = 1 << 20;
  const bool small = bytes < kMib;
  char text[32];
  std::snprintf(text, sizeof text, "%.4g %s",
                static_cast<double>(bytes) / static_cast<double>(small ? kKib : kMib),
                small ? "KiB" : "MiB");
  return text;
}

int CoresOfL2(const Topology& topology, const Core& core) {
  if (core.l2 < 0) return 0;
  return static_cast<int>(std::count_if(topology.cores.begin(), topology.cores.end(),
                                        [&](const Core& other) { return other.l2 == core.l2; }));
}

std::string CoreCaches(const Topology& topology, const Core& core) {
  std::string text;
  const auto add = [&](const std::string& cache) { text += (text.empty() ? "" : ", ") + cache; };
  if (core.l1d.bytes > 0) add(Named("L1d", core.l1d.bytes, core.l1d.cores));
  if (core.l1i.bytes > 0) add(Named("L1i", core.l1i.bytes, core.l1i.cores));
  const int64_t l2 = core.l2 < 0 ? 0 : topology.l2_groups[static_cast<size_t>(core.l2)].bytes;
  if (l2 > 0) add(Named("L2", l2, CoresOfL2(topology, core)));
  return text;
}

}  // namespace moebench
