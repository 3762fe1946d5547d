// One night: lock, wait for a quiet machine, sweep what fits, write the report, say nothing unless
// something is wrong.
//   return RunNight({.spec = spec});
#pragma once

#include <filesystem>

#include "harness/base/error.h"
#include "harness/config/sweep_spec.h"
#include "harness/machine/quiet_wait.h"

namespace moebench {

struct NightOptions {
  SweepSpec spec;
  QuietRule quiet;
  bool measure_when_busy = false;  // after the patience: measure all the same, or exit code 75
  std::filesystem::path state;     // folder of logs, reports and copies; empty: DB.nights
  int keep = 60;                   // logs and reports
};

// Prints to stderr only if the code is not 0, so that cron sends mail only then. Throws Error.
ExitCode RunNight(const NightOptions& options);

}  // namespace moebench
