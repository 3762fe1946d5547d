// How much faster or slower a cell is than its baseline, from interleaved trials.
//   SpeedRatio r = PairedRatio({{.baseline = {{0, 50.1}, {3, 49.8}}, .cell = {{1, 61.0},
//   {2, 60.7}}},
//                               ...one per session});
//   r.ratio 1.22, r.lo 1.17, r.hi 1.27
// Ratios live on the log scale: drift that both share within a session cancels. Pure, thread-safe.
#pragma once

#include <span>
#include <vector>

#include "harness/stats/summary.h"

namespace moebench {

struct TimedValue {
  int order = 0;     // position in the session's schedule
  double value = 0;  // tokens/s; values <= 0 are not used
};

struct SessionTrials {  // what one process life measured
  std::vector<TimedValue> baseline, cell;
};

struct SpeedRatio {
  double ratio = 1;           // cell / baseline
  double lo = 1, hi = 1;      // 95 % interval; equal to ratio if n < 2
  double se = 0;              // standard error of its log, session noise included
  int n = 0;                  // cell trials that had a partner; 0 = nothing known
  int sessions = 0;           // that they come from
  double min_detectable = 1;  // smallest relative change seen with 80 % power; 1 = none
  bool paired = true;         // cell and baseline ran in the same sessions
};

// Each cell trial is held against the baseline interpolated (log scale, by position) between the
// baseline trials right before and after it in the same session; where one side is missing the
// nearest counts alone. Sessions without baseline trials are left out. Neighbouring cell trials
// share baseline trials; the interval allows for that (the variance of c_i - sum_j w_ij b_j).
// Spread below the resolution of a clock and a scheduler is never believed: 0.5 % is added in
// quadrature. One session can't show session noise; 2 % is assumed for it.
SpeedRatio PairedRatio(std::span<const SessionTrials> sessions);

// For a cell that never shared a session with its baseline (another placement needs another
// process): difference of the two grouped means, Welch's degrees of freedom.
SpeedRatio UnpairedRatio(const Groups& baseline_sessions, const Groups& cell_sessions);

}  // namespace moebench
