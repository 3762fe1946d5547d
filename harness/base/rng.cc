#include "harness/base/rng.h"

#include <cmath>
#include <numbers>

namespace moebench {

double Rng::Normal() {
  const double u = 1.0 - Uniform();  // (0, 1], so that the logarithm is finite
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * Uniform());
}

}  // namespace moebench
