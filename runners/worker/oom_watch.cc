#include "runners/worker/oom_watch.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>

namespace moebench {
namespace {

long ReadKills(const std::filesystem::path& file) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("oom_kill ")) return std::atol(line.c_str() + 9);
  }
  return 0;
}

}  // namespace

std::filesystem::path OwnMemoryEventsFile() {
  std::ifstream in("/proc/self/cgroup");
  std::string line;
  while (std::getline(in, line)) {
    // v2 is the line "0::/path", v1 "9:memory:/path" or "4:cpu,memory:/path".
    if (line.starts_with("0::/")) return "/sys/fs/cgroup" + line.substr(3) + "/memory.events";
    const size_t name = line.find(':'), path = line.find(':', name + 1);
    if (path == std::string::npos) continue;
    const std::string controllers = ',' + line.substr(name + 1, path - name - 1) + ',';
    if (controllers.find(",memory,") != std::string::npos) {
      return "/sys/fs/cgroup/memory" + line.substr(path + 1) + "/memory.oom_control";
    }
  }
  return {};
}

OomWatch::OomWatch(std::filesystem::path memory_events_file, std::filesystem::path vmstat_file)
    : cgroup_file_(std::move(memory_events_file)),
      vmstat_file_(std::move(vmstat_file)),
      cgroup_before_(ReadKills(cgroup_file_)),
      vmstat_before_(ReadKills(vmstat_file_)) {}

long OomWatch::NewKills() const {
  return std::max(ReadKills(cgroup_file_) - cgroup_before_,
                  ReadKills(vmstat_file_) - vmstat_before_);
}

}  // namespace moebench
