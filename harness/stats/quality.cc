#include "harness/stats/quality.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "harness/base/error.h"
#include "harness/base/rng.h"
#include "harness/stats/distributions.h"

namespace moebench {
namespace {

constexpr int kResamples = 10'000;
constexpr int kBootstrapFrom =
    20;  // items; below, the bootstrap is too narrow (reliability.md 4.3)

struct Sums {
  double base = 0, cell = 0;
};

// A resample in which the baseline has nothing right says nothing; it counts as the loss or gain
// being out of range on the side of the cell.
double RelativeOf(const Sums& sums) {
  if (sums.base > 0) return sums.cell / sums.base - 1;
  return sums.cell > 0 ? 1e6 : 0;
}

// Skewness of the leave-one-out estimates over 6 (Efron 1987, eq. 6.6).
double Acceleration(std::span<const double> base, std::span<const double> cell, const Sums& sums) {
  const size_t n = base.size();
  std::vector<double> left_out(n);
  for (size_t i = 0; i < n; ++i) {
    left_out[i] = RelativeOf({sums.base - base[i], sums.cell - cell[i]});
  }
  const double mean =
      std::accumulate(left_out.begin(), left_out.end(), 0.0) / static_cast<double>(n);
  double square = 0;
  double cube = 0;
  for (const double x : left_out) {
    square += (mean - x) * (mean - x);
    cube += (mean - x) * (mean - x) * (mean - x);
  }
  return square > 0 ? cube / (6 * std::pow(square, 1.5)) : 0;
}

void BootstrapInterval(std::span<const double> base, std::span<const double> cell, const Sums& sums,
                       uint64_t seed, QualityChange& change) {
  const size_t n = base.size();
  Rng rng(seed);
  std::vector<double> resampled(kResamples);
  for (double& relative : resampled) {
    Sums drawn;
    for (size_t i = 0; i < n; ++i) {
      const size_t item = rng.Below(n);
      drawn.base += base[item];
      drawn.cell += cell[item];
    }
    relative = RelativeOf(drawn);
  }
  std::sort(resampled.begin(), resampled.end());
  const auto [first, last] = std::equal_range(resampled.begin(), resampled.end(), change.relative);
  // Ties count half: with right/wrong scores many resamples equal the estimate.
  const double below =
      static_cast<double>(first - resampled.begin()) + 0.5 * static_cast<double>(last - first);
  if (below <= 0 ||
      below >= kResamples) {  // the estimate lies outside all resamples: no bias known
    change.lo = std::min(resampled.front(), change.relative);
    change.hi = std::max(resampled.back(), change.relative);
    return;
  }
  const double bias = NormalQuantile(below / kResamples);
  const double acceleration = Acceleration(base, cell, sums);
  const auto bound = [&](double p) {
    const double z = bias + NormalQuantile(p);
    return Quantile(resampled, NormalCdf(bias + z / (1 - acceleration * z)));
  };
  change.lo = bound(0.025);
  change.hi = bound(0.975);
}

void StudentInterval(std::span<const double> base, std::span<const double> cell, double base_mean,
                     QualityChange& change) {
  std::vector<double> differences;
  for (size_t i = 0; i < base.size(); ++i) differences.push_back(cell[i] - base[i]);
  const MeanEstimate mean = GroupedMean({differences});
  const double half = mean.df > 0 ? StudentQuantile(0.975, mean.df) * mean.se / base_mean : 0;
  change.lo = change.relative - half;
  change.hi = change.relative + half;
}

}  // namespace

QualityChange PairedChange(std::span<const double> base, std::span<const double> cell,
                           uint64_t seed) {
  CHECK(base.size() == cell.size());
  QualityChange change;
  change.n = static_cast<int>(base.size());
  const Sums sums{std::accumulate(base.begin(), base.end(), 0.0),
                  std::accumulate(cell.begin(), cell.end(), 0.0)};
  if (change.n == 0 || !(sums.base > 0)) return change;
  change.defined = true;
  change.relative = RelativeOf(sums);
  const double base_mean = sums.base / change.n;
  if (change.n >= kBootstrapFrom) {
    BootstrapInterval(base, cell, sums, seed, change);
  } else {
    StudentInterval(base, cell, base_mean, change);
  }
  const double unseen = (1 - std::pow(0.025, 1.0 / change.n)) / base_mean;
  change.lo = std::max(-1.0, std::min(change.lo, change.relative - unseen));
  change.hi = std::max(change.hi, change.relative + unseen);
  if (change.n > 1) {
    // The interval reaches as far below as 1.96 standard errors; 80 % power needs 0.84 more.
    const double power = 1 + NormalQuantile(0.8) / NormalQuantile(0.975);
    change.min_detectable = std::min(1.0, power * 0.5 * (change.hi - change.lo));
  }
  return change;
}

double McNemarP(int lost, int won) {
  const int changed = lost + won;
  if (changed <= 0) return 1;
  const int fewer = std::min(lost, won);
  // P(X <= fewer) for X ~ Binomial(changed, 1/2), both sides.
  if (2 * fewer >= changed) return 1;
  return std::min(1.0, 2 * IncompleteBeta(changed - fewer, fewer + 1, 0.5));
}

Estimate WilsonInterval(double successes, int n) {
  if (n <= 0) return {0, 0, 1, 0};
  const double z = NormalQuantile(0.975);
  const double share = std::clamp(successes / n, 0.0, 1.0);
  const double scale = 1 + z * z / n;
  const double centre = (share + z * z / (2.0 * n)) / scale;
  const double half = z * std::sqrt(share * (1 - share) / n + z * z / (4.0 * n * n)) / scale;
  return {share, std::max(0.0, std::min(centre - half, share)),
          std::min(1.0, std::max(centre + half, share)), n};
}

}  // namespace moebench
