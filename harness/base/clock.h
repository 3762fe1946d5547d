// Time, always CLOCK_MONOTONIC; wall-clock time only for stamps in the store.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>

namespace moebench {

// Nanoseconds since an arbitrary start; never goes back.
inline int64_t NowNs() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

// "2026-11-22T01:00:00Z"
std::string UtcStamp(std::time_t seconds_since_epoch);
inline std::string UtcNow() { return UtcStamp(std::time(nullptr)); }

}  // namespace moebench
