#include "harness/stats/divergence.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <utility>
#include <vector>

#include "harness/base/error.h"
#include "harness/stats/distributions.h"
#include "harness/stats/summary.h"

namespace moebench {
namespace {

struct MeanAndError {
  double mean = 0, se = 0;
};

// llama.cpp divides the variance with n in its denominator by n - 1.
MeanAndError MeanOf(std::span<const double> values) {
  const double n = static_cast<double>(values.size());
  if (values.empty()) return {};
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double square = 0;
  for (const double x : values) square += (x - mean) * (x - mean);
  return {mean, n > 1 ? std::sqrt(square / n / (n - 1)) : 0};
}

std::vector<double> Doubles(std::span<const float> values) {
  return {values.begin(), values.end()};
}

}  // namespace

Perplexity PerplexityOf(std::span<const float> log_p) {
  if (log_p.empty()) return {};
  const MeanAndError mean = MeanOf(Doubles(log_p));
  const double value = std::exp(-mean.mean);
  return {value, value * mean.se, static_cast<int>(log_p.size())};
}

Divergence DivergenceOf(const TokenPairs& pairs, int per_window) {
  const std::size_t n = pairs.base_log_p.size();
  CHECK(pairs.log_p.size() == n && pairs.kl.size() == n && pairs.same_top.size() == n);
  CHECK(per_window > 0 && n % static_cast<std::size_t>(per_window) == 0);
  Divergence out;
  if (n == 0) return out;
  out.tokens = static_cast<int>(n);
  out.windows = out.tokens / per_window;

  // The logarithm of the ratio is a mean of differences; so its error is of pairs.
  std::vector<double> differences(n);
  Groups by_window(static_cast<std::size_t>(out.windows));
  for (std::size_t i = 0; i < n; ++i) {
    differences[i] = static_cast<double>(pairs.base_log_p[i]) - static_cast<double>(pairs.log_p[i]);
    by_window[i / static_cast<std::size_t>(per_window)].push_back(differences[i]);
  }
  const MeanAndError log_ratio = MeanOf(differences);
  out.ratio = std::exp(log_ratio.mean);
  out.ratio_se = out.ratio * log_ratio.se;
  const MeanEstimate grouped = GroupedMean(by_window);
  const double half = grouped.df > 0 ? StudentQuantile(0.975, grouped.df) * grouped.se : 0;
  out.ratio_lo = std::exp(log_ratio.mean - half);
  out.ratio_hi = std::exp(log_ratio.mean + half);

  std::vector<double> divergences = Doubles(pairs.kl);
  const MeanAndError mean_kl = MeanOf(divergences);
  out.kl_mean = mean_kl.mean;
  out.kl_se = mean_kl.se;
  out.kl_p99 = Quantile(std::move(divergences), 0.99);
  out.same_top =
      static_cast<double>(std::count(pairs.same_top.begin(), pairs.same_top.end(), '1')) /
      static_cast<double>(n);
  out.same_top_se =
      n > 1 ? std::sqrt(out.same_top * (1 - out.same_top) / static_cast<double>(n - 1)) : 0;
  return out;
}

Verdict DivergenceVerdict(const Divergence& divergence) {
  constexpr double kHarmless = 1.02, kHarmful = 1.10;
  if (divergence.tokens == 0) return {VerdictKind::kInconclusive, {"perplexity not measured"}};
  const VerdictKind kind = divergence.ratio_hi <= kHarmless ? VerdictKind::kOk
                           : divergence.ratio_lo > kHarmful ? VerdictKind::kFlagged
                                                            : VerdictKind::kInconclusive;
  std::array<char, 96> text{};
  std::snprintf(text.data(), text.size(),
                ", KL %.3f nat, 99th percentile %.3f, same favourite token %.0f %%",
                divergence.kl_mean, divergence.kl_p99, 100 * divergence.same_top);
  return {kind,
          {"perplexity " +
           PercentText(divergence.ratio - 1, divergence.ratio_lo - 1, divergence.ratio_hi - 1) +
           text.data()}};
}

}  // namespace moebench
