#include "harness/stats/fairness.h"

#include <algorithm>

namespace moebench {

double JainIndex(std::span<const double> rates) {
  const double most = rates.empty() ? 0 : *std::max_element(rates.begin(), rates.end());
  if (most <= 0) return 1;
  double sum = 0, squares = 0;  // of shares of the largest: no square overflows
  for (const double rate : rates) {
    sum += rate / most;
    squares += rate / most * (rate / most);
  }
  return sum * sum / (static_cast<double>(rates.size()) * squares);
}

double MinOverMax(std::span<const double> rates) {
  if (rates.empty()) return 1;
  const auto [least, most] = std::minmax_element(rates.begin(), rates.end());
  return *most <= 0 ? 1 : *least / *most;
}

}  // namespace moebench
