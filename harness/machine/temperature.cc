#include "harness/machine/temperature.h"

#include <algorithm>

namespace moebench {

namespace fs = std::filesystem;

Reading ReadTemperature(const fs::path& root) {
  std::error_code error;
  std::optional<int64_t> hottest;
  for (fs::directory_iterator it(root / "sys/class/hwmon", error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = ReadSmallFile(it->path() / "name").value_or("");
    if (name != "k10temp" && name != "zenpower" && name != "coretemp") continue;
    const auto milli = ParseInt(ReadSmallFile(it->path() / "temp1_input").value_or(""));
    if (milli) hottest = std::max(*milli, hottest.value_or(*milli));
  }
  return hottest ? Known(*hottest) : Unknown("no k10temp, zenpower or coretemp sensor");
}

CoolDown WaitUntilCool(const Reading& start, const CoolDownRule& rule, const CoolDownGate& gate) {
  CoolDown wait;
  const double start_s = gate.now_s();
  for (;;) {
    wait.last = gate.look();
    wait.waited_s = gate.now_s() - start_s;
    if (!start.value || !wait.last.value) return wait;
    const double above_c = 1e-3 * static_cast<double>(*wait.last.value - *start.value);
    wait.cool = above_c < rule.above_start_c;
    if (wait.cool || wait.waited_s >= rule.patience_s || gate.cancelled()) return wait;
    gate.pause();
  }
}

}  // namespace moebench
