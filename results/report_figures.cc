#include "results/report_figures.h"

#include <fmt/format.h>

#include <cmath>

namespace moebench {
namespace {

constexpr char kMinus[] = "−";  // U+2212

// The sign is printed by us: a minus as wide as the plus, and no "-0.0".
std::string SignedFixed(double value, int decimals, bool plus) {
  std::string digits = fmt::format("{:.{}f}", std::abs(value), decimals);
  const bool zero = digits.find_first_not_of("0.") == std::string::npos;
  if (zero) return digits;
  return (value < 0 ? kMinus : (plus ? "+" : "")) + digits;
}

int DecimalsFor(double value) {
  const double size = std::abs(value);
  return size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3;
}

bool AllFinite(double a, double b, double c) {
  return std::isfinite(a) && std::isfinite(b) && std::isfinite(c);
}

}  // namespace

std::string Figure(double value) {
  if (!std::isfinite(value)) return kNotMeasured;
  return SignedFixed(value, DecimalsFor(value), false);
}

std::string Measured(const Interval& x) {
  if (x.n <= 0 || !AllFinite(x.median, x.lo, x.hi)) return kNotMeasured;
  if (x.n == 1) return fmt::format("{} [one sample], n=1", Figure(x.median));
  const int decimals = DecimalsFor(x.median);
  return fmt::format("{} [{}, {}], n={}", SignedFixed(x.median, decimals, false),
                     SignedFixed(x.lo, decimals, false), SignedFixed(x.hi, decimals, false), x.n);
}

std::string MedianOf(const Interval& x) { return x.n <= 0 ? kNotMeasured : Figure(x.median); }

std::string Factor(double median, double lo, double hi) {
  if (!AllFinite(median, lo, hi)) return kNotMeasured;
  return fmt::format("×{:.2f} [{:.2f}, {:.2f}]", median, lo, hi);
}

std::string Factor(const Interval& ratio) {
  if (ratio.n <= 0 || !std::isfinite(ratio.median)) return kNotMeasured;
  if (ratio.n == 1) return fmt::format("×{:.2f} [one sample], n=1", ratio.median);
  const std::string text = Factor(ratio.median, ratio.lo, ratio.hi);
  return text == kNotMeasured ? text : fmt::format("{}, n={}", text, ratio.n);
}

std::string SignedPercent(double fraction) {
  if (!std::isfinite(fraction)) return kNotMeasured;
  return SignedFixed(100 * fraction, 1, true) + " %";
}

std::string Percent(double fraction) {
  if (!std::isfinite(fraction)) return kNotMeasured;
  return SignedFixed(100 * fraction, 1, false) + " %";
}

std::string Change(double change, double lo, double hi) {
  if (!AllFinite(change, lo, hi)) return kNotMeasured;
  return fmt::format("{} [{}, {}]", SignedPercent(change), SignedFixed(100 * lo, 1, true),
                     SignedFixed(100 * hi, 1, true));
}

std::string Score(const QualityView& q) {
  if (q.n <= 0 || !AllFinite(q.score, q.score_lo, q.score_hi)) return kNotMeasured;
  return fmt::format("{} [{}, {}], n={}", Percent(q.score), SignedFixed(100 * q.score_lo, 1, false),
                     SignedFixed(100 * q.score_hi, 1, false), q.n);
}

std::string OrNotMeasured(double value, const std::string& unit) {
  return value > 0 && std::isfinite(value) ? Figure(value) + unit : kNotMeasured;
}

}  // namespace moebench
