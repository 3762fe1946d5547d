// Waits, with patience, until the machine is quiet for a while: what a nightly run does before it
// measures. It never stops anybody's work.
//   QuietWait wait = WaitForQuiet({.patience_s = 1800}, gate);
//   if (!wait.quiet) Report(wait.last.reasons);
// Looks in short slices, so that a signal is heard at once. The caller's functions are the clock
// and the look, so that a test needs neither time nor load.
#pragma once

#include <functional>

#include "harness/machine/quiet.h"

namespace moebench {

struct QuietRule {
  double patience_s = 1800;  // at most so long
  double quiet_for_s = 30;   // without a break
};

struct QuietGate {
  std::function<QuietReport()> look;  // takes its slice of time, a second or two
  std::function<double()> now_s;
  std::function<bool()> cancelled;
};

struct QuietWait {
  bool quiet = false;
  double waited_s = 0;
  QuietReport last;  // the last look that was not quiet, or the last one
};

// Looks at least once.
QuietWait WaitForQuiet(const QuietRule& rule, const QuietGate& gate);

}  // namespace moebench
