// Summaries of samples, robust ones first, and the interval of their centre.
//   Estimate tps = CentreInterval({{51.2, 50.9, 51.4}, {50.1, 50.3, 50.2}});  // two sessions
// Pure, thread-safe. Not-finite samples must not be given.
#pragma once

#include <span>
#include <vector>

namespace moebench {

double Median(std::vector<double> samples);  // 0 if empty
double Quantile(std::vector<double> samples,
                double q);  // linear between ranks (R type 7); 0 if empty
double MedianDeviation(const std::vector<double>& samples);  // MAD, not scaled; 0 if empty

// Samples that come in groups (sessions): repetitions within a group share the group's own offset
// and are therefore not independent.
using Groups = std::vector<std::vector<double>>;

// Mean of grouped samples and its standard error: one-way random-effects analysis of variance.
// Between and within are pooled (df = n - 1) only if nothing speaks for a group effect (F test,
// p > 0.5, of two groups 0.75); otherwise each group counts once (df = groups - 1).
struct MeanEstimate {
  double mean = 0;
  double se = 0;
  double df = 0;  // 0: no spread can be known (fewer than two samples)
  int n = 0;
  int groups = 0;  // that have samples
  bool pooled = false;
};
// within_factor: by how much the variance of a mean of one group's samples exceeds what their
// spread says, because they share a term (paired ratios share baseline trials); 1 = independent.
MeanEstimate GroupedMean(const Groups& groups, double within_factor = 1);

struct Estimate {
  double centre = 0;
  double lo = 0, hi = 0;  // 95 % interval; both equal to centre if n < 2
  int n = 0;
};

// Median of all samples; interval of the centre by t on logs (on the values where one is <= 0),
// groups as in GroupedMean; for one group of 20 or more samples the distribution-free interval of
// the median by order statistics.
Estimate CentreInterval(const Groups& groups);

}  // namespace moebench
