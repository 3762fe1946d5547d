// Tells whether the kernel killed something of ours for want of memory: cgroup v2 counts that.
//   OomWatch watch(OwnMemoryEventsFile()); ... if (watch.NewKills() > 0) ...
// Reads one small file; the count is 0 where there is none (cgroup v1, no cgroup).
#pragma once

#include <filesystem>

namespace moebench {

// memory.events of this process's cgroup; may not exist.
std::filesystem::path OwnMemoryEventsFile();

class OomWatch {
 public:
  explicit OomWatch(std::filesystem::path memory_events_file);
  long NewKills() const;  // since construction

 private:
  std::filesystem::path file_;
  long before_;
};

}  // namespace moebench
