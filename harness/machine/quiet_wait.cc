#include "harness/machine/quiet_wait.h"

namespace moebench {

QuietWait WaitForQuiet(const QuietRule& rule, const QuietGate& gate) {
  QuietWait wait;
  const double start_s = gate.now_s();
  double quiet_since_s = start_s;
  for (;;) {
    QuietReport report = gate.look();
    const double now_s = gate.now_s();
    wait.waited_s = now_s - start_s;
    if (!report.quiet()) {
      wait.last = std::move(report);
      quiet_since_s = now_s;
    } else if (now_s - quiet_since_s >= rule.quiet_for_s) {
      wait.quiet = true;
      return wait;
    }
    // A quiet stretch that has begun may end after the patience: it is about to be what is wanted.
    const bool in_quiet = quiet_since_s < now_s;
    if (gate.cancelled() || (wait.waited_s >= rule.patience_s && !in_quiet)) return wait;
  }
}

}  // namespace moebench
