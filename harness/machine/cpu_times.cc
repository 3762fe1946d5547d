#include "harness/machine/cpu_times.h"

#include <unistd.h>

#include "harness/machine/proc_text.h"

namespace moebench {

int64_t TicksPerSecond() { return sysconf(_SC_CLK_TCK); }

// "cpu3 user nice system idle iowait irq softirq steal guest guest_nice", proc(5).
std::map<int, CpuTimes> ParseCpuTimes(std::string_view proc_stat) {
  std::map<int, CpuTimes> times;
  for (const std::string_view line : SplitLines(proc_stat)) {
    if (!line.starts_with("cpu")) continue;
    const std::vector<std::string_view> words = SplitWords(line);
    const std::optional<int64_t> cpu = ParseInt(words[0].substr(3));
    if (!cpu || words.size() < 9) continue;
    int64_t field[8] = {};
    bool good = true;
    for (size_t i = 0; i < 8; ++i) {
      const std::optional<int64_t> value = ParseInt(words[i + 1]);
      good = good && value.has_value();
      field[i] = value.value_or(0);
    }
    if (!good) continue;
    times[static_cast<int>(*cpu)] = {.busy = field[0] + field[1] + field[2] + field[5] + field[6],
                                     .idle = field[3],
                                     .iowait = field[4],
                                     .steal = field[7]};
  }
  return times;
}

std::optional<CpuTimes> SumOf(const std::map<int, CpuTimes>& times, const std::vector<int>& cpus) {
  CpuTimes sum;
  bool any = false;
  const auto add = [&](const CpuTimes& t) {
    sum.busy += t.busy;
    sum.idle += t.idle;
    sum.iowait += t.iowait;
    sum.steal += t.steal;
    any = true;
  };
  if (cpus.empty()) {
    for (const auto& [cpu, t] : times) add(t);
  }
  for (const int cpu : cpus) {
    if (const auto found = times.find(cpu); found != times.end()) add(found->second);
  }
  return any ? std::optional(sum) : std::nullopt;
}

// "pid (comm) state ppid ..." with majflt, utime and stime as fields 12, 14 and 15, proc(5).
std::optional<ProcessTimes> ParseProcessStat(std::string_view line) {
  const size_t open = line.find('(');
  const size_t close = line.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return std::nullopt;
  }
  const std::vector<std::string_view> words = SplitWords(line.substr(close + 1));
  if (words.size() < 13) return std::nullopt;
  const std::optional<int64_t> faults = ParseInt(words[9]);
  const std::optional<int64_t> user = ParseInt(words[11]);
  const std::optional<int64_t> system = ParseInt(words[12]);
  if (!faults || !user || !system) return std::nullopt;
  return ProcessTimes{.name = std::string(line.substr(open + 1, close - open - 1)),
                      .ticks = *user + *system,
                      .major_faults = *faults};
}

}  // namespace moebench
