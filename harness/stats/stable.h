// Which trials of a cell may stand for it. One during which something else ran, a core was
// throttled, pages were swapped in or the hypervisor took time away is left out, as long as enough
// undisturbed ones remain; else the cell is unstable, and nothing is claimed from its speed.
//   if (!EnoughStable({{.session = 1, .stable = true}, ...})) ...
// Pure, thread-safe.
#pragma once

#include <cstdint>
#include <span>

namespace moebench {

struct TrialSeen {
  int64_t session = 0;
  bool stable = true;
};

// At least three undisturbed trials out of at least two processes, but never more than the cell has
// altogether (a single undisturbed trial is one trial, which other rules judge). The share of
// disturbed ones does not matter: each trial was watched by itself.
bool EnoughStable(std::span<const TrialSeen> trials);

}  // namespace moebench
