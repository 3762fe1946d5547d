#include "harness/stats/distributions.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "harness/base/error.h"

namespace moebench {
namespace {

// Continued fraction of the incomplete beta function; converges fast for x < (a + 1) / (a + b + 2).
double BetaFraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  constexpr int kMaxTerms = 10'000;
  double c = 1;
  double d = 1 - (a + b) * x / (a + 1);
  d = 1 / (std::abs(d) < kTiny ? kTiny : d);
  double result = d;
  for (int m = 1; m <= kMaxTerms; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    double step = 1;
    for (const double term : {even, odd}) {
      d = 1 + term * d;
      d = 1 / (std::abs(d) < kTiny ? kTiny : d);
      c = 1 + term / c;
      if (std::abs(c) < kTiny) c = kTiny;
      step = c * d;
      result *= step;
    }
    if (std::abs(step - 1) < 1e-15) break;
  }
  return result;
}

// lgamma() of glibc writes the global signgam; this one is thread-safe.
double LogGamma(double x) {
  int sign = 0;
  return lgamma_r(x, &sign);
}

// The x at which the rising function f reaches p, for f(-x) = 1 - f(x).
template <typename Cdf>
double SymmetricQuantile(double p, Cdf f) {
  p = std::clamp(p, 1e-300, 1 - 1e-16);
  if (p == 0.5) return 0;
  if (p < 0.5 && p > 1e-16) return -SymmetricQuantile(1 - p, f);
  if (p < 0.5) return -SymmetricQuantile(1 - 1e-16, f);
  double low = 0;
  double high = 1;
  while (f(high) < p && high < 1e300) {
    low = high;
    high *= 2;
  }
  for (int i = 0; i < 200 && high - low > 1e-14 * high; ++i) {
    const double middle = 0.5 * (low + high);
    (f(middle) < p ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace

double IncompleteBeta(double a, double b, double x) {
  CHECK(a > 0 && b > 0);
  if (!(x > 0)) return 0;
  if (x >= 1) return 1;
  const double log_front =
      LogGamma(a + b) - LogGamma(a) - LogGamma(b) + a * std::log(x) + b * std::log1p(-x);
  if (x < (a + 1) / (a + b + 2)) return std::exp(log_front) * BetaFraction(a, b, x) / a;
  return 1 - std::exp(log_front) * BetaFraction(b, a, 1 - x) / b;
}

double NormalCdf(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

double NormalQuantile(double p) { return SymmetricQuantile(p, NormalCdf); }

double StudentCdf(double t, double df) {
  CHECK(df > 0);
  if (df > 1e7) return NormalCdf(t);
  const double tail = 0.5 * IncompleteBeta(df / 2, 0.5, df / (df + t * t));
  return t > 0 ? 1 - tail : tail;
}

double StudentQuantile(double p, double df) {
  return SymmetricQuantile(p, [df](double t) { return StudentCdf(t, df); });
}

double FUpperTail(double f, double df1, double df2) {
  if (!(f > 0)) return 1;
  if (std::isinf(f)) return 0;
  return IncompleteBeta(df2 / 2, df1 / 2, df2 / (df2 + df1 * f));
}

}  // namespace moebench
