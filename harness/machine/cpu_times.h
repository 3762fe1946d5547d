// What the kernel counted of cpu time: per cpu (/proc/stat) and per process (/proc/<pid>/stat).
// In clock ticks, 1/TicksPerSecond() s each.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moebench {

int64_t TicksPerSecond();

struct CpuTimes {
  int64_t busy = 0;  // user, nice, system, irq, softirq; guests are in user already
  int64_t idle = 0;
  int64_t iowait = 0;
  int64_t steal = 0;  // wanted by us, given by the hypervisor to another guest
  int64_t Total() const { return busy + idle + iowait + steal; }
};

// The times of each cpu line of /proc/stat; malformed lines are left out.
std::map<int, CpuTimes> ParseCpuTimes(std::string_view proc_stat);

// The sum over the cpus asked for, or over all if none are named. Nothing if none is there.
std::optional<CpuTimes> SumOf(const std::map<int, CpuTimes>& times, const std::vector<int>& cpus);

struct ProcessTimes {
  std::string name;          // comm, at most 15 characters
  int64_t ticks = 0;         // user + system of all its threads
  int64_t major_faults = 0;  // page faults that had to read from a disk
};

// A line of /proc/<pid>/stat; the name in it may hold blanks and parentheses.
std::optional<ProcessTimes> ParseProcessStat(std::string_view line);

}  // namespace moebench
