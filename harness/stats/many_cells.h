// What may be said of a whole night, when many cells are looked at at once.
//   std::vector<bool> real = BenjaminiHochberg(p_values, 0.05);
//   MachineAlarm alarm = MachineAlarmOf(shifts);  // one alarm instead of sixty flags
// Pure, thread-safe.
#pragma once

#include <span>
#include <vector>

#include "harness/stats/nights.h"

namespace moebench {

constexpr double kFalseDiscoveries = 0.05;  // reliability.md 4.4 (6)

// Which hypotheses are rejected so that at most the share q of the rejected is expected to be true
// (Benjamini and Hochberg 1995). p in [0, 1], in any order.
std::vector<bool> BenjaminiHochberg(std::span<const double> p, double q = kFalseDiscoveries);

struct MachineAlarm {
  bool raised = false;
  int moved = 0, cells = 0;  // moved: in the common direction, by more than 3 %
  double ratio = 1;          // tonight / baseline, the median cell
};
// Most cells together: more than 30 % of at least three cells moved the same way by more than 3 %,
// and so did the median cell, by more than its own nights explain (p <= 0.001). Cells without
// history don't count.
MachineAlarm MachineAlarmOf(std::span<const NightShift> absolute_shifts);

}  // namespace moebench
