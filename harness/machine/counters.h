// What happened to the machine while a trial ran: counters before and after, their difference, and
// whether it spoils the figure.
//   MachineCounters before = ReadCounters("/", pid, plan.thread_cpus);
//   ... the trial ...
//   MachineDelta delta = Delta(before, ReadCounters("/", pid, plan.thread_cpus));
//   trial.machine_delta_json = DeltaJson(delta);
//   trial.unstable = UnstableReason(delta, wall_s, threads);
// Reads a few small files (about 0.1 ms + one file per thread of pid); outside the timed region.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/machine/package_energy.h"
#include "harness/machine/proc_text.h"

namespace moebench {

struct MachineCounters {
  Reading busy_ticks, iowait_ticks, steal_ticks;  // of the cpus asked for
  Reading process_ticks;                          // of the processes asked for, all threads
  Reading major_faults;                           // of these
  Reading nonvoluntary_switches;                  // of these: times a thread was pushed off its cpu
  Reading throttled;                              // periods our cgroup was stopped
  Reading pages_swapped_in, pages_swapped_out;    // of the machine
  Reading pages_migrated;                         // of the machine, by NUMA balancing or others
  Reading memory_errors;                          // ECC: corrected and not
  Reading thermal_throttles;                      // of the cpus asked for: times one was too hot
  PackageEnergy energy;
  Reading numa_misses;      // pages the machine put on another node than asked
  Reading temperature_mc;   // thousandths of a degree Celsius, hottest package
  Reading clock_offset_ns;  // wall clock minus monotonic: jumps show
};

// Differences of MachineCounters; a reading that lacks on either side is unavailable.
struct MachineDelta {
  MachineCounters change;
  Reading foreign_ticks;   // busy ticks of the cpus that were none of theirs
  Reading energy_uj;       // of all packages, microjoules
  Reading temperature_mc;  // at the end, thousandths of a degree Celsius; no difference
};

// root: the folder that holds proc/ and sys/. cpus: those the trial runs on; empty = all. pids: of
// the trial's processes; what one of them does not say, nobody says of all.
MachineCounters ReadCounters(const std::filesystem::path& root, const std::vector<int>& pids,
                             const std::vector<int>& cpus);
inline MachineCounters ReadCounters(const std::filesystem::path& root, int pid,
                                    const std::vector<int>& cpus) {
  return ReadCounters(root, std::vector<int>{pid}, cpus);
}

MachineDelta Delta(const MachineCounters& before, const MachineCounters& after);

// {"steal_s":0.01,"iowait_s":0,...,"throttled":{"unavailable":"..."}}
std::string DeltaJson(const MachineDelta& delta);

// Why the trial must not be averaged with quiet ones; empty if it was quiet. The limits: steal
// above 0.5 % or other processes above 10 % of the threads' time, any page swapped in, any
// throttled period or core, any memory error, a wall clock that jumped by more than a second (the
// machine slept). What was unavailable is not held against the trial.
//   wall_s: duration between the two readings; threads: pinned threads of the trial
std::string UnstableReason(const MachineDelta& delta, double wall_s, int threads);

}  // namespace moebench
