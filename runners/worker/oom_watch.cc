#include "runners/worker/oom_watch.h"

#include <fstream>
#include <string>
#include <utility>

namespace moebench {
namespace {

long ReadKills(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string key;
  long count = 0;
  while (in >> key >> count) {
    if (key == "oom_kill") return count;
  }
  return 0;
}

}  // namespace

std::filesystem::path OwnMemoryEventsFile() {
  std::ifstream in("/proc/self/cgroup");
  std::string line;
  while (std::getline(in, line)) {  // cgroup v2 is the line "0::/path"
    if (line.starts_with("0::/")) return "/sys/fs/cgroup" + line.substr(3) + "/memory.events";
  }
  return {};
}

OomWatch::OomWatch(std::filesystem::path memory_events_file)
    : file_(std::move(memory_events_file)), before_(ReadKills(file_)) {}

long OomWatch::NewKills() const { return ReadKills(file_) - before_; }

}  // namespace moebench
