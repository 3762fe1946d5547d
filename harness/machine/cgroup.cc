#include "harness/machine/cgroup.h"

#include <algorithm>
#include <vector>

namespace moebench {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kNoLimitV1 = int64_t{1} << 60;  // v1 writes the largest page count for "none"

struct Group {
  bool v2 = false;
  std::vector<fs::path> folders;  // our own and all above it that can be seen, innermost first
  std::string unavailable;
};

bool Lists(std::string_view controllers, std::string_view wanted) {
  while (!controllers.empty()) {
    const size_t end = std::min(controllers.find(','), controllers.size());
    if (controllers.substr(0, end) == wanted) return true;
    controllers.remove_prefix(std::min(end + 1, controllers.size()));
  }
  return false;
}

// Our group may be named by its path on the host and mounted as the root: take what exists.
std::vector<fs::path> ExistingFolders(const fs::path& mount, const fs::path& group) {
  std::vector<fs::path> folders;
  std::error_code ignored;
  for (fs::path path = group.relative_path(); !path.empty(); path = path.parent_path()) {
    if (fs::is_directory(mount / path, ignored)) folders.push_back(mount / path);
  }
  if (fs::is_directory(mount, ignored)) folders.push_back(mount);
  return folders;
}

// Lines of /proc/self/cgroup: "4:cpu,cpuacct:/docker/1f" (v1), "0::/user.slice" (v2).
Group FindGroup(const fs::path& root, std::string_view controller) {
  const fs::path own = root / "proc/self/cgroup";
  const std::optional<std::string> text = ReadSmallFile(own);
  if (!text) return {.v2 = false, .folders = {}, .unavailable = WhyUnreadable(own)};
  const fs::path mount = root / "sys/fs/cgroup";
  std::error_code ignored;
  Group group;
  for (const std::string_view line : SplitLines(*text)) {
    const size_t first = line.find(':');
    const size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const fs::path path(line.substr(second + 1));
    if (Lists(controllers, controller)) {
      group.v2 = false;
      group.folders = ExistingFolders(mount / std::string(controller), path);
      break;
    }
    if (controllers.empty()) {
      group.v2 = true;
      const fs::path unified = mount / "unified";
      group.folders = ExistingFolders(fs::is_directory(unified, ignored) ? unified : mount, path);
    }
  }
  if (group.folders.empty()) {
    group.unavailable = "no cgroup of the " + std::string(controller) + " controller is visible";
  }
  return group;
}

std::optional<double> CpuLimitOf(const fs::path& folder, bool v2) {
  int64_t quota = 0, period = 0;
  if (v2) {
    const std::optional<std::string> text = ReadSmallFile(folder / "cpu.max");
    if (!text) return std::nullopt;
    const std::vector<std::string_view> words = SplitWords(*text);
    if (words.size() != 2) return std::nullopt;
    quota = ParseInt(words[0]).value_or(-1);  // "max"
    period = ParseInt(words[1]).value_or(0);
  } else {
    quota = ParseInt(ReadSmallFile(folder / "cpu.cfs_quota_us").value_or("")).value_or(-1);
    period = ParseInt(ReadSmallFile(folder / "cpu.cfs_period_us").value_or("")).value_or(0);
  }
  if (quota <= 0 || period <= 0) return std::nullopt;
  return static_cast<double>(quota) / static_cast<double>(period);
}

std::optional<int64_t> MemoryLimitOf(const fs::path& folder, bool v2) {
  const std::optional<std::string> text =
      ReadSmallFile(folder / (v2 ? "memory.max" : "memory.limit_in_bytes"));
  const std::optional<int64_t> bytes = text ? ParseInt(*text) : std::nullopt;
  return bytes && *bytes < kNoLimitV1 ? bytes : std::nullopt;
}

template <typename T>
void KeepSmaller(std::optional<T>* kept, const std::optional<T>& other) {
  if (other && (!*kept || *other < **kept)) *kept = other;
}

}  // namespace

CgroupState ReadCgroup(const fs::path& root) {
  CgroupState state;
  const Group cpu = FindGroup(root, "cpu");
  state.cpu_unavailable = cpu.unavailable;
  int64_t throttled = 0;
  bool told = false;
  for (const fs::path& folder : cpu.folders) {
    KeepSmaller(&state.cpu_limit, CpuLimitOf(folder, cpu.v2));
    const std::optional<std::string> stat = ReadSmallFile(folder / "cpu.stat");
    const std::optional<int64_t> n = stat ? FindNumber(*stat, "nr_throttled") : std::nullopt;
    told = told || n.has_value();
    throttled += n.value_or(0);
  }
  state.throttled =
      told ? Known(throttled)
           : Unknown(cpu.unavailable.empty() ? "no cpu.stat has nr_throttled" : cpu.unavailable);
  const Group memory = FindGroup(root, "memory");
  state.memory_unavailable = memory.unavailable;
  for (const fs::path& folder : memory.folders) {
    KeepSmaller(&state.memory_limit_bytes, MemoryLimitOf(folder, memory.v2));
  }
  return state;
}

}  // namespace moebench
