// A clock that costs a few nanoseconds to read, for stretches of time on one thread.
//   const int64_t start = Ticks(); ...; waited += Ticks() - start;
// Its unit is known to nobody; ratios are what it is for. Any thread.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <x86intrin.h>
#else
#include <chrono>
#endif

namespace moebench {

// Time stamp counter; where there is none, nanoseconds.
inline int64_t Ticks() {
#if defined(__x86_64__)
  return static_cast<int64_t>(__rdtsc());
#else
  return std::chrono::steady_clock::now().time_since_epoch().count();
#endif
}

}  // namespace moebench
