// Is the machine quiet enough to measure? Looks at it over a short window and names what disturbs.
//   QuietReport report = WatchQuiet("/", topology.allowed_cpus, std::chrono::seconds(1));
//   if (!report.quiet()) Warn(report.reasons);
// The sweep warns with it; a nightly run waits for it.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/machine/cpu_times.h"
#include "harness/machine/proc_text.h"

namespace moebench {

struct QuietSample {
  std::optional<CpuTimes> cpus;               // of the cpus watched
  std::map<int, ProcessTimes> processes;      // every pid that can be seen
  std::map<std::string, Reading> stalled_us;  // resource (cpu, memory, io) -> PSI "some" total
  std::string unavailable;                    // why there are no cpu times
};

struct ForeignProcess {
  std::string name;
  double cpu_share = 0;  // of one cpu; 2.0 = two cpus busy
};

struct QuietReport {
  double window_s = 0;
  int cpus = 0;                          // watched
  std::optional<double> foreign_share;   // busy time of others on these cpus, 0..1 of all of them
  std::optional<double> steal_share;     // 0..1 of all of them
  std::vector<ForeignProcess> busiest;   // at most five, other than ourselves, falling
  std::vector<std::string> reasons;      // why it is not quiet, for people; empty if it is
  std::vector<std::string> unavailable;  // what could not be looked at, and why

  bool quiet() const { return reasons.empty(); }
};

// Limits of reliability practice: others below 2 % of the cores, steal below 0.5 %; tasks stalled
// for memory or disk less than 5 % of the window (PSI).
struct QuietLimits {
  double foreign_share = 0.02;
  double steal_share = 0.005;
  double stalled_share = 0.05;
};

QuietSample TakeQuietSample(const std::filesystem::path& root, const std::vector<int>& cpus);

// Pure. own_pids: processes whose cpu time is ours (this program, its worker).
QuietReport JudgeQuiet(const QuietSample& before, const QuietSample& after, double window_s,
                       int cpus, const std::vector<int>& own_pids, const QuietLimits& limits = {});

// Two samples with the window between them; sleeps that long. This process counts as ours.
QuietReport WatchQuiet(const std::filesystem::path& root, const std::vector<int>& cpus,
                       std::chrono::milliseconds window);

}  // namespace moebench
