// Limits that a container, a service or a batch system put on this process; cgroup v1 and v2.
//   CgroupState state = ReadCgroup("/");
// root is the folder that holds proc/ and sys/: "/" or a fake tree of a test.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "harness/machine/proc_text.h"

namespace moebench {

struct CgroupState {
  // The tightest of our own group and those above it. Empty: no limit, or not known (see below).
  std::optional<double> cpu_limit;  // cpus' worth of time
  std::optional<int64_t> memory_limit_bytes;
  std::string cpu_unavailable;     // why the cpu limit is not known; empty if it is
  std::string memory_unavailable;  // the same for memory
  Reading throttled;               // periods in which our group or one above was stopped
};

CgroupState ReadCgroup(const std::filesystem::path& root);

}  // namespace moebench
