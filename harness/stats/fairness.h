// How evenly a machine serves several that ask at once.
//   JainIndex({25, 25, 24, 10})    // 0.92; 1 = all the same
//   MinOverMax({25, 25, 24, 10})   // 0.4
// Pure, thread-safe.
#pragma once

#include <span>

namespace moebench {

// (sum x)^2 / (n sum x^2): 1 if all rates are the same, 1/n if one gets everything (Jain, Chiu,
// Hawe 1984, DEC-TR-301). 1 without rates or where all are 0. Rates are not negative.
double JainIndex(std::span<const double> rates);

double MinOverMax(std::span<const double> rates);  // 1 without rates or where all are 0

}  // namespace moebench
