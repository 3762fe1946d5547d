// A whole sweep from its specification to the exit code.
#pragma once

#include "harness/base/error.h"
#include "harness/config/sweep_spec.h"

namespace moebench {

struct SweepMode {
  bool dry_run = false, resume = false, json = false;
};

ExitCode SweepMain(const SweepSpec& spec, const SweepMode& mode);

}  // namespace moebench
