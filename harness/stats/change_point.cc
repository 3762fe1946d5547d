#include "harness/stats/change_point.h"

#include <algorithm>
#include <cmath>

#include "harness/stats/distributions.h"

namespace moebench {
namespace {

constexpr size_t kWindow = 120;
constexpr size_t kMinNights = 3;  // on each side
constexpr double kMaxP = 0.001;   // reliability.md 4.4 (7)
constexpr double kMinChange = 0.03;
constexpr double kResolution = 0.002;  // spread below this is not believed

struct Side {
  double mean = 0, squares = 0, n = 0;
};
Side SideOf(std::span<const double> levels) {
  Side side;
  side.n = static_cast<double>(levels.size());
  for (const double level : levels) side.mean += level / side.n;
  for (const double level : levels) side.squares += (level - side.mean) * (level - side.mean);
  return side;
}

// Sum of |x - y| over all pairs of two stretches, by brute force: a
// window has at most 120 nights.
double Between(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (const double x : a) {
    for (const double y : b) sum += std::abs(x - y);
  }
  return sum;
}

// The split with the largest energy statistic; 0 if the segment is too short.
size_t BestSplit(std::span<const double> levels) {
  size_t best = 0;
  double largest = 0;
  for (size_t split = kMinNights; split + kMinNights <= levels.size(); ++split) {
    const std::span<const double> a = levels.first(split), b = levels.subspan(split);
    const auto m = static_cast<double>(a.size()), n = static_cast<double>(b.size());
    const double energy =
        2 * Between(a, b) / (m * n) - Between(a, a) / (m * (m - 1)) - Between(b, b) / (n * (n - 1));
    const double q = m * n / (m + n) * energy;
    if (q <= largest) continue;
    largest = q;
    best = split;
  }
  return best;
}

// Two-sided p of Student's t between two stretches, sample variances (n - 1) pooled.
double TestP(const Side& a, const Side& b) {
  const double df = a.n + b.n - 2;
  const double variance = std::max((a.squares + b.squares) / df, kResolution * kResolution);
  const double t = std::abs(a.mean - b.mean) / std::sqrt(variance * (1 / a.n + 1 / b.n));
  return 2 * StudentCdf(-t, df);
}

// Indices, relative to the whole, of the changes in [from, from + levels.size()).
void Bisect(std::span<const double> levels, size_t from, std::vector<size_t>& splits) {
  const size_t split = BestSplit(levels);
  if (split == 0) return;
  const Side a = SideOf(levels.first(split)), b = SideOf(levels.subspan(split));
  if (TestP(a, b) > kMaxP) return;
  Bisect(levels.first(split), from, splits);
  splits.push_back(from + split);
  Bisect(levels.subspan(split), from + split, splits);
}

}  // namespace

std::vector<ChangePoint> ChangePoints(std::span<const double> levels) {
  const size_t skipped = levels.size() - std::min(levels.size(), kWindow);
  const std::span<const double> window = levels.subspan(skipped);
  std::vector<size_t> splits;
  Bisect(window, 0, splits);
  std::vector<ChangePoint> changes;
  for (size_t i = 0; i < splits.size(); ++i) {
    const size_t begin = i == 0 ? 0 : splits[i - 1];
    const size_t end = i + 1 < splits.size() ? splits[i + 1] : window.size();
    const Side before = SideOf(window.subspan(begin, splits[i] - begin));
    const Side after = SideOf(window.subspan(splits[i], end - splits[i]));
    const ChangePoint change{skipped + splits[i], std::exp(after.mean - before.mean),
                             TestP(before, after)};
    if (std::abs(change.ratio - 1) >= kMinChange && change.p <= kMaxP) changes.push_back(change);
  }
  return changes;
}

}  // namespace moebench
