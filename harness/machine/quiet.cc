#include "harness/machine/quiet.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "harness/base/clock.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostNamed = 5;
constexpr int64_t kTickNoise = 2;  // what a tick's rounding alone may show

std::string Percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * share);
  return text;
}

// "some avg10=0.00 avg60=0.00 avg300=0.00 total=8919298": microseconds some task waited.
Reading StalledUs(const fs::path& path) {
  const std::optional<std::string> text = ReadSmallFile(path);
  if (!text) return Unknown(WhyUnreadable(path));
  for (const std::string_view word :
       SplitWords(SplitLines(*text).empty() ? "" : SplitLines(*text)[0])) {
    if (!word.starts_with("total=")) continue;
    if (const auto us = ParseInt(word.substr(6))) return Known(*us);
  }
  return Unknown("not understood: " + path.string());
}

std::map<int, ProcessTimes> AllProcesses(const fs::path& root) {
  std::map<int, ProcessTimes> processes;
  std::error_code error;
  for (fs::directory_iterator it(root / "proc", error), end; !error && it != end;
       it.increment(error)) {
    const std::optional<int64_t> pid = ParseInt(it->path().filename().string());
    if (!pid) continue;
    const std::optional<std::string> stat = ReadSmallFile(it->path() / "stat");
    const auto times = stat ? ParseProcessStat(*stat) : std::nullopt;
    if (times) processes[static_cast<int>(*pid)] = *times;
  }
  return processes;
}

// Ticks of each process within the window; one that began in it counts from zero.
std::map<int, int64_t> TicksUsed(const QuietSample& before, const QuietSample& after) {
  std::map<int, int64_t> used;
  for (const auto& [pid, times] : after.processes) {
    const auto was = before.processes.find(pid);
    used[pid] = times.ticks - (was == before.processes.end() ? 0 : was->second.ticks);
  }
  return used;
}

std::vector<ForeignProcess> Busiest(const QuietSample& after, const std::map<int, int64_t>& used,
                                    const std::vector<int>& own_pids, double window_ticks) {
  std::vector<ForeignProcess> list;
  for (const auto& [pid, ticks] : used) {
    const bool ours = std::find(own_pids.begin(), own_pids.end(), pid) != own_pids.end();
    if (ours || ticks <= 0 || window_ticks <= 0) continue;
    list.push_back({after.processes.at(pid).name, static_cast<double>(ticks) / window_ticks});
  }
  std::stable_sort(list.begin(), list.end(),
                   [](const auto& a, const auto& b) { return a.cpu_share > b.cpu_share; });
  if (list.size() > kMostNamed) list.resize(kMostNamed);
  return list;
}

std::string Names(const std::vector<ForeignProcess>& processes) {
  std::string text;
  for (const ForeignProcess& process : processes) {
    text += (text.empty() ? "" : ", ") + process.name + ' ' + Percent(process.cpu_share);
  }
  return text.empty() ? "" : " (of one cpu: " + text + ")";
}

void JudgeCpus(const QuietSample& before, const QuietSample& after, int64_t own_ticks,
               const QuietLimits& limits, QuietReport* report) {
  if (!before.cpus || !after.cpus) {
    report->unavailable.push_back("cpu times: " +
                                  (before.cpus ? after.unavailable : before.unavailable));
    return;
  }
  const auto total = static_cast<double>(after.cpus->Total() - before.cpus->Total());
  if (total <= 0) {
    report->unavailable.push_back("cpu times: the counters did not move in the window");
    return;
  }
  const int64_t foreign = std::max<int64_t>(0, after.cpus->busy - before.cpus->busy - own_ticks);
  const int64_t steal = std::max<int64_t>(0, after.cpus->steal - before.cpus->steal);
  report->foreign_share = static_cast<double>(foreign) / total;
  report->steal_share = static_cast<double>(steal) / total;
  if (foreign > kTickNoise && *report->foreign_share > limits.foreign_share) {
    report->reasons.push_back("other processes use " + Percent(*report->foreign_share) +
                              " of the cores" + Names(report->busiest));
  }
  if (steal >= kTickNoise && *report->steal_share > limits.steal_share) {
    report->reasons.push_back("the hypervisor takes " + Percent(*report->steal_share) +
                              " of the cores away");
  }
}

void JudgePressure(const QuietSample& before, const QuietSample& after, const QuietLimits& limits,
                   QuietReport* report) {
  for (const auto& [resource, now] : after.stalled_us) {
    const auto was = before.stalled_us.find(resource);
    if (!now.value || was == before.stalled_us.end() || !was->second.value) {
      report->unavailable.push_back("pressure of " + resource + ": " + now.unavailable);
      continue;
    }
    const double share =
        static_cast<double>(*now.value - *was->second.value) / (1e6 * report->window_s);
    if (share > limits.stalled_share) {
      report->reasons.push_back("some process waits for " + resource + ' ' + Percent(share) +
                                " of the time");
    }
  }
}

}  // namespace

QuietSample TakeQuietSample(const fs::path& root, const std::vector<int>& cpus) {
  QuietSample sample;
  const std::optional<std::string> stat = ReadSmallFile(root / "proc/stat");
  if (stat) sample.cpus = SumOf(ParseCpuTimes(*stat), cpus);
  if (!sample.cpus) sample.unavailable = WhyUnreadable(root / "proc/stat");
  sample.processes = AllProcesses(root);
  for (const char* resource : {"memory", "io"}) {
    sample.stalled_us[resource] = StalledUs(root / "proc/pressure" / resource);
  }
  return sample;
}

QuietReport JudgeQuiet(const QuietSample& before, const QuietSample& after, double window_s,
                       int cpus, const std::vector<int>& own_pids, const QuietLimits& limits) {
  QuietReport report;
  report.window_s = window_s;
  report.cpus = cpus;
  const std::map<int, int64_t> used = TicksUsed(before, after);
  int64_t own_ticks = 0;
  for (const int pid : own_pids) {
    if (const auto found = used.find(pid); found != used.end()) own_ticks += found->second;
  }
  report.busiest = Busiest(after, used, own_pids, window_s * static_cast<double>(TicksPerSecond()));
  JudgeCpus(before, after, own_ticks, limits, &report);
  JudgePressure(before, after, limits, &report);
  return report;
}

QuietReport WatchQuiet(const fs::path& root, const std::vector<int>& cpus,
                       std::chrono::milliseconds window) {
  const int64_t start_ns = NowNs();
  const QuietSample before = TakeQuietSample(root, cpus);
  std::this_thread::sleep_for(window);
  const QuietSample after = TakeQuietSample(root, cpus);
  const double window_s = static_cast<double>(NowNs() - start_ns) / 1e9;
  return JudgeQuiet(before, after, window_s, static_cast<int>(cpus.size()), {getpid()});
}

}  // namespace moebench
