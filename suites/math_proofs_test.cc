#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include "suites/proofs.h"

namespace moebench {
namespace {

using Int = int64_t;

std::string Text(Int value) { return std::to_string(value); }
std::string Text(double value) { return std::to_string(value); }

std::string Fraction(Int above, Int below) {
  const Int common = std::gcd(above, below);
  return Text(above / common) + "/" + Text(below / common);
}

// How many whole numbers in [from, to] satisfy the condition, and the first of them.
Int Count(Int from, Int to, const std::function<bool(Int)>& holds) {
  Int count = 0;
  for (Int n = from; n <= to; ++n) count += holds(n) ? 1 : 0;
  return count;
}
Int First(Int from, const std::function<bool(Int)>& holds) {
  while (!holds(from)) ++from;
  return from;
}

Int PowerModulo(Int base, int exponent, Int modulus) {
  Int result = 1;
  for (int i = 0; i < exponent; ++i) result = result * base % modulus;
  return result;
}

Int DigitSum(Int n) {
  Int sum = 0;
  for (; n > 0; n /= 10) sum += n % 10;
  return sum;
}

Int InBase(Int n, Int base) {
  Int digits = 0, place = 1;
  for (; n > 0; n /= base, place *= 10) digits += n % base * place;
  return digits;
}

Int FactorialZeros(Int n) {
  Int fives = 0;
  for (Int i = 1; i <= n; ++i) {
    for (Int m = i; m % 5 == 0; m /= 5) ++fives;
  }
  return fives;
}

// A root of f in [low, high], where its sign changes.
double Root(double low, double high, const std::function<double(double)>& f) {
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    (f(low) * f(middle) <= 0 ? high : low) = middle;
  }
  return low;
}

std::string ThreeUnknowns() {
  for (Int x = 0; x < 10; ++x) {
    for (Int y = 0; y < 10; ++y) {
      for (Int z = 0; z < 10; ++z) {
        if (3 * x + 2 * y - z == 8 && x - 4 * y + 2 * z == -2 && 2 * x + 5 * y - 3 * z == 7) {
          return Text(100 * x + 10 * y + z);
        }
      }
    }
  }
  return "none";
}

std::string NestedRoots() {
  for (Int a = 1; a < 10; ++a) {
    for (Int b = 1; b < 10; ++b) {
      if (a * a + 3 * b * b == 37 && 2 * a * b == 20) return Text(10 * a + b);
    }
  }
  return "none";
}

Int Recurrence(int index) {
  std::vector<Int> a = {0, 2, 5};
  while (static_cast<int>(a.size()) <= index) a.push_back(3 * a.back() - a[a.size() - 2]);
  return a[static_cast<size_t>(index)];
}

std::string Telescoping() {  // the sum is kept in lowest terms throughout
  Int p = 0, q = 1;
  for (Int n = 1; n <= 48; ++n) {
    const Int below = n * (n + 2);
    const Int common = std::gcd(q, below);
    p = p * (below / common) + q / common;
    q = q / common * below;
    const Int shared = std::gcd(p, q);
    p /= shared;
    q /= shared;
  }
  return Text(p + q);
}

Int LettersApart() {
  std::string word = "ABLLNOO";
  Int count = 0;
  do {
    count += word.find("LL") == std::string::npos && word.find("OO") == std::string::npos ? 1 : 0;
  } while (std::next_permutation(word.begin(), word.end()));
  return count;
}

Int Choose(Int n, Int k) {
  Int result = 1;
  for (Int i = 1; i <= k; ++i) result = result * (n - k + i) / i;
  return result;
}

Int Paths(Int x, Int y) {
  if ((x == 2 && y == 2) || (x == 4 && y == 3) || x > 6 || y > 5) return 0;
  return x == 6 && y == 5 ? 1 : Paths(x + 1, y) + Paths(x, y + 1);
}

std::string DiceGivenSum() {
  Int all = 0, different = 0;
  for (int a = 1; a <= 6; ++a) {
    for (int b = 1; b <= 6; ++b) {
      for (int c = 1; c <= 6; ++c) {
        if (a + b + c != 11) continue;
        ++all;
        different += a != b && b != c && a != c ? 1 : 0;
      }
    }
  }
  return Fraction(different, all);
}

// Expected rolls until two sixes in a row: e = 1 + 5/6 e + 1/6 f, f = 1 + 5/6 e, by iteration.
double ExpectedRolls() {
  double none = 0, one = 0;
  for (int i = 0; i < 5000; ++i) {
    const double next = 1 + 5.0 / 6 * none + 1.0 / 6 * one;
    one = 1 + 5.0 / 6 * none;
    none = next;
  }
  return std::round(none * 1e6) / 1e6;
}

double Heron(double a, double b, double c) {
  const double s = (a + b + c) / 2;
  return std::sqrt(s * (s - a) * (s - b) * (s - c));
}

double Pentagon() {
  constexpr std::array<std::pair<double, double>, 5> p = {
      {{0, 0}, {7, 1}, {9, 6}, {4, 9}, {-1, 5}}};
  double twice = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    const auto& [x, y] = p[i];
    const auto& [u, v] = p[(i + 1) % p.size()];
    twice += x * v - u * y;
  }
  return twice / 2;
}

double Frustum() {  // over pi, by slices
  constexpr int kSlices = 2000;
  double volume = 0;
  for (int i = 0; i < kSlices; ++i) {
    const double t = (i + 0.5) / kSlices, r = 9 + 6 * t;
    volume += r * r * 20 / kSlices;
  }
  return std::round(volume);
}

int YearsToDouble() {
  double sum = 1;
  for (int year = 1;; ++year) {
    if ((sum *= 1.08) > 2) return year;
  }
}

TEST(MathProofs, EveryAnswerIsComputedAgain) {
  ExpectProven(
      "math",
      {
          {"math-bakery-change", [] { return Text(Int{1000 - 7 * 45 - 4 * 80}); }},
          {"math-long-product", [] { return Text(Int{4837} * 2968); }},
          {"math-nested-brackets", [] { return Text(Int{84 - 3 * (17 - 2 * (9 - 4)) + 6 / 3}); }},
          {"math-remainder-power",
           [] { return Text((PowerModulo(7, 222, 19) + PowerModulo(11, 111, 19)) % 19); }},
          {"math-digit-sum", [] { return Text(DigitSum(Int{1} << 40)); }},
          {"math-base-seven", [] { return Text(InBase(2026, 7)); }},
          {"math-trailing-zeros", [] { return Text(FactorialZeros(130)); }},
          {"math-lcm-buses",
           [] {
             return Text(First(1, [](Int n) { return n % 12 == 0 && n % 18 == 0 && n % 40 == 0; }));
           }},
          {"math-divisors",
           [] { return Text(Count(1, 75600, [](Int n) { return 75600 % n == 0; })); }},
          {"math-least-number",
           [] {
             return Text(First(1, [](Int n) { return n % 7 == 4 && n % 11 == 3 && n % 13 == 8; }));
           }},
          {"math-quadratic-roots",
           [] {
             const Int low = First(0, [](Int n) { return n * n - 13 * n + 36 == 0; });
             return Text(First(low + 1, [](Int n) { return n * n - 13 * n + 36 == 0; }) - low);
           }},
          {"math-three-unknowns", ThreeUnknowns},
          {"math-rational-equation",
           [] { return Text(Root(5.5, 100, [](double x) { return 6 / (x - 2) - 4 / (x - 5); })); }},
          {"math-cubic-sum",
           [] {
             double sum = 0;
             const auto f = [](double x) { return x * x * x - 6 * x * x + 4 * x + 5; };
             for (const auto& [low, high] : {std::pair{-2.0, 0.0}, {1.0, 3.0}, {4.0, 6.0}}) {
               sum += std::pow(Root(low, high, f), 3);
             }
             return Text(std::round(sum * 1e6) / 1e6);
           }},
          {"math-recurrence", [] { return Text(Recurrence(8)); }},
          {"math-log-equation",
           [] {
             return Text(
                 Root(6.5, 50, [](double x) { return std::log2(x + 6) + std::log2(x - 6) - 6; }));
           }},
          {"math-nested-roots", NestedRoots},
          {"math-telescoping-sum", Telescoping},
          {"math-digits-eleven",
           [] { return Text(Count(1000, 9999, [](Int n) { return DigitSum(n) == 11; })); }},
          {"math-letters-apart", [] { return Text(LettersApart()); }},
          {"math-committee",
           [] { return Text(Choose(6, 2) * Choose(5, 3) + Choose(6, 3) * Choose(5, 2)); }},
          {"math-grid-paths", [] { return Text(Paths(0, 0)); }},
          {"math-not-divisible",
           [] { return Text(Count(1, 1000, [](Int n) { return n % 6 && n % 10 && n % 15; })); }},
          {"math-dice-given-sum", DiceGivenSum},
          {"math-marbles-two-red",
           [] { return Fraction(Choose(5, 2) * 7 + Choose(5, 3), Choose(12, 3)); }},
          {"math-expected-rolls", [] { return Text(ExpectedRolls()); }},
          {"math-screening", [] { return Text(100 * 0.02 * 0.95 / (0.02 * 0.95 + 0.98 * 0.1)); }},
          {"math-triangle-area", [] { return Text(Heron(13, 20, 21)); }},
          {"math-pentagon-area", [] { return Text(Pentagon()); }},
          {"math-cone-frustum", [] { return Text(Frustum()); }},
          {"math-chord-length", [] { return Text(2 * std::sqrt(13.0 * 13 - 25)); }},
          {"math-clock-hands",
           [] {
             const double apart = std::abs((9 + 26 / 60.0) * 30 - 26 * 6);
             return Text(std::min(apart, 360 - apart));
           }},
          {"math-mixed-speed", [] { return Text(2 / (1 / 24.0 + 1 / 16.0)); }},
          {"math-interest-years", [] { return Text(Int{YearsToDouble()}); }},
          {"math-work-together", [] { return Text(1 / (1 / 6.0 + 1 / 9.0 - 1 / 18.0)); }},
      });
}

}  // namespace
}  // namespace moebench
