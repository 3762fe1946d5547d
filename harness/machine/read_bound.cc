#include "harness/machine/read_bound.h"

#include <algorithm>

namespace moebench {
namespace {

double CachedShare(const ReadBound& bound) {
  if (bound.data_bytes <= 0 || bound.cache_bytes <= 0) return 0;
  return std::min(1.0,
                  static_cast<double>(bound.cache_bytes) / static_cast<double>(bound.data_bytes));
}

}  // namespace

bool FitsCaches(const ReadBound& bound, double achieved_gbps) {
  if (bound.data_bytes > 0 && bound.cache_bytes > 0) return CachedShare(bound) >= 1;
  return bound.cache_gbps > 0 && achieved_gbps > bound.memory_gbps;
}

double ReadableGbps(const ReadBound& bound, double achieved_gbps) {
  if (FitsCaches(bound, achieved_gbps)) return bound.cache_gbps;
  return bound.memory_gbps / (1 - CachedShare(bound));
}

}  // namespace moebench
