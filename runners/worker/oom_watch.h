// Tells whether the kernel killed something of ours for want of memory: a cgroup counts its own
// such kills, /proc/vmstat those of the whole machine (for containers that show no cgroup).
//   OomWatch watch(OwnMemoryEventsFile()); ... if (watch.NewKills() > 0) ...
// Reads two small files; a file that is not there counts nothing.
#pragma once

#include <filesystem>

namespace moebench {

// Of this process's cgroup: memory.events (v2) or memory.oom_control (v1); may not exist.
std::filesystem::path OwnMemoryEventsFile();

class OomWatch {
 public:
  explicit OomWatch(std::filesystem::path memory_events_file,
                    std::filesystem::path vmstat_file = "/proc/vmstat");
  long NewKills() const;  // since construction

 private:
  std::filesystem::path cgroup_file_, vmstat_file_;
  long cgroup_before_, vmstat_before_;
};

}  // namespace moebench
