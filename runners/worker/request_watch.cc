#include "runners/worker/request_watch.h"

#include <algorithm>
#include <limits>

namespace moebench {
namespace {

constexpr int64_t kLookedAwayNs = 1'000'000'000;
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

int64_t After(int64_t now_ns, double s) {
  return s > 0 ? now_ns + static_cast<int64_t>(s * 1e9) : kNever;
}

}  // namespace

RequestWatch::RequestWatch(const RequestLimits& limits, int64_t now_ns)
    : limits_(limits),
      looked_ns_(now_ns),
      deadline_ns_(After(now_ns, limits.timeout_s)),
      silent_until_ns_(After(now_ns, limits.hang_timeout_s)),
      stalled_until_ns_(After(now_ns, limits.stall_timeout_s)) {}

void RequestWatch::Look(int64_t now_ns) {
  const int64_t away_ns = now_ns - looked_ns_;
  looked_ns_ = now_ns;
  if (away_ns <= kLookedAwayNs) return;
  for (int64_t* until : {&deadline_ns_, &silent_until_ns_, &stalled_until_ns_}) {
    if (*until != kNever) *until += away_ns;
  }
}

void RequestWatch::HeardLine(int64_t now_ns) {
  silent_until_ns_ = After(now_ns, limits_.hang_timeout_s);
}

void RequestWatch::SawStep(int64_t now_ns) {
  stalled_until_ns_ = After(now_ns, limits_.stall_timeout_s);
}

int64_t RequestWatch::NextNs() const {
  return std::min({deadline_ns_, silent_until_ns_, stalled_until_ns_});
}

}  // namespace moebench
