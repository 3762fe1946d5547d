#include "harness/stats/many_cells.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/stats/summary.h"

namespace moebench {
namespace {

constexpr double kMovedBy = 0.03;     // relative
constexpr double kMovedShare = 0.30;  // of the cells
constexpr double kAlarmP = 0.001;
constexpr int kMinCells = 3;

}  // namespace

std::vector<bool> BenjaminiHochberg(std::span<const double> p, double q) {
  std::vector<size_t> order(p.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p[a] < p[b]; });
  const auto n = static_cast<double>(p.size());
  size_t rejected = 0;  // of the ordered ones
  for (size_t i = 0; i < order.size(); ++i) {
    if (p[order[i]] <= q * static_cast<double>(i + 1) / n) rejected = i + 1;
  }
  std::vector<bool> result(p.size(), false);
  for (size_t i = 0; i < rejected; ++i) result[order[i]] = true;
  return result;
}

MachineAlarm MachineAlarmOf(std::span<const NightShift> absolute_shifts) {
  std::vector<double> ratios, p_values;
  int slower = 0, faster = 0;
  for (const NightShift& shift : absolute_shifts) {
    if (shift.nights == 0) continue;
    ratios.push_back(shift.ratio);
    p_values.push_back(shift.p);
    slower += shift.ratio < 1 - kMovedBy ? 1 : 0;
    faster += shift.ratio > 1 + kMovedBy ? 1 : 0;
  }
  MachineAlarm alarm;
  alarm.cells = static_cast<int>(ratios.size());
  alarm.ratio = ratios.empty() ? 1 : Median(ratios);
  alarm.moved = std::max(slower, faster);
  const bool median_moved =
      slower >= faster ? alarm.ratio < 1 - kMovedBy : alarm.ratio > 1 + kMovedBy;
  alarm.raised = alarm.cells >= kMinCells && alarm.moved > kMovedShare * alarm.cells &&
                 median_moved && Median(p_values) <= kAlarmP;
  return alarm;
}

}  // namespace moebench
