// A whole sweep from its specification to the exit code.
#pragma once

#include <cstdint>
#include <functional>

#include "harness/base/error.h"
#include "harness/cli/resume.h"
#include "harness/config/sweep_spec.h"
#include "harness/sweep/run_sweep.h"
#include "results/sweep_view.h"

namespace moebench {

// Where a sweep without people goes: nothing is written to the terminal then.
struct NightHooks {
  std::function<void(const SweepEvent&)> event;
  std::function<void(const SweepView&)> result;  // once, also after a budget or a signal
};

struct SweepMode {
  bool dry_run = false, resume = false, json = false;
  Mixing mixing = Mixing::kRefused;  // of a resumed sweep
  // Not null: the nightly run. Cells that the budget has no time for are left out then.
  const NightHooks* night = nullptr;
};

// Before a sweep begins: 256 MiB, or three times the database, whatever is more.
int64_t NeededDiskBytes(int64_t database_bytes);

ExitCode SweepMain(const SweepSpec& spec, const SweepMode& mode);

}  // namespace moebench
