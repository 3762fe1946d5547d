// How much worse or better the answers of a cell are than the baseline's, on the same items.
//   QualityChange c = PairedChange(baseline_scores, cell_scores, seed);  // c.relative -0.14
//   double p = McNemarP(lost, won);
// Pure: same answer for the same seed. Thread-safe.
#pragma once

#include <cstdint>
#include <span>

#include "harness/stats/summary.h"

namespace moebench {

struct QualityChange {
  double relative = 0;        // mean(cell) / mean(baseline) - 1
  double lo = 0, hi = 0;      // 95 % interval
  int n = 0;                  // items that both answered
  double min_detectable = 1;  // smallest relative loss seen with 80 % power; 1 = none
  bool defined = false;       // false: no items, or the baseline's mean is 0; figures are 0
};

// base[i] and cell[i] are the scores (0..1) of item i. 20 and more items: BCa bootstrap over items
// (Efron 1987), 10,000 resamples; fewer: t interval on the differences. n items without one
// difference still can't exclude that 1 - 0.025^(1/n) of all items differ (exact binomial bound),
// so no interval is narrower than that to either side.
QualityChange PairedChange(std::span<const double> base, std::span<const double> cell,
                           uint64_t seed);

// Exact two-sided McNemar test: of lost + won items that changed, is one direction too frequent for
// a fair coin? 1 if nothing changed.
double McNemarP(int lost, int won);

// 95 % score interval of a share (Wilson 1927). successes may be a sum of part scores. n = 0: [0,
// 1].
Estimate WilsonInterval(double successes, int n);

}  // namespace moebench
