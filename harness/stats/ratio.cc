#include "harness/stats/ratio.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "harness/stats/distributions.h"

namespace moebench {
namespace {

constexpr double kResolution = 0.005;      // relative; reliability.md 4.4 (2), floor
constexpr double kOneSessionNoise = 0.02;  // relative; reliability.md 4.2, the usual sigma_b
constexpr double kNormal975 = 1.959963984540054;

// Weights over a session's baseline trials that give the baseline at one position.
using Weights = std::vector<std::pair<size_t, double>>;

Weights Interpolate(const std::vector<TimedValue>& baseline, int order) {
  size_t after = 0;  // first baseline trial behind the position
  while (after < baseline.size() && baseline[after].order < order) ++after;
  if (after == 0) return {{0, 1.0}};
  if (after == baseline.size()) return {{after - 1, 1.0}};
  const double gap = baseline[after].order - baseline[after - 1].order;
  const double share = (order - baseline[after - 1].order) / gap;
  return {{after - 1, 1 - share}, {after, share}};
}

std::vector<TimedValue> Usable(const std::vector<TimedValue>& trials) {
  std::vector<TimedValue> usable;
  std::copy_if(trials.begin(), trials.end(), std::back_inserter(usable),
               [](const TimedValue& t) { return t.value > 0 && std::isfinite(t.value); });
  std::stable_sort(usable.begin(), usable.end(),
                   [](const TimedValue& a, const TimedValue& b) { return a.order < b.order; });
  return usable;
}

SpeedRatio FromLogMean(double log_ratio, double variance, double df, int n, int sessions) {
  SpeedRatio result;
  result.ratio = result.lo = result.hi = std::exp(log_ratio);
  result.n = n;
  result.sessions = sessions;
  if (df <= 0) return result;
  // The assumed parts of the variance are known, so they take the normal quantile, not t's.
  const double known =
      kResolution * kResolution + (sessions == 1 ? kOneSessionNoise * kOneSessionNoise : 0);
  result.se = std::sqrt(variance + known);
  const auto widen = [&](double t_part, double z_part) {
    return std::sqrt(t_part * t_part * variance + z_part * z_part * known);
  };
  const double t975 = StudentQuantile(0.975, df);
  const double half = widen(t975, kNormal975);
  result.lo = std::exp(log_ratio - half);
  result.hi = std::exp(log_ratio + half);
  const double power80 = widen(t975 + StudentQuantile(0.8, df), kNormal975 + NormalQuantile(0.8));
  result.min_detectable = 1 - std::exp(-power80);
  return result;
}

Groups Logs(const Groups& groups) {
  Groups logs;
  for (const std::vector<double>& group : groups) {
    std::vector<double>& out = logs.emplace_back();
    for (const double x : group) {
      if (x > 0 && std::isfinite(x)) out.push_back(std::log(x));
    }
  }
  return logs;
}

}  // namespace

SpeedRatio PairedRatio(std::span<const SessionTrials> sessions) {
  Groups log_ratios;
  // Of V = I + W W^T (covariance of a session's ratios over the variance of one trial): the sum of
  // all elements, and the trace after the session's mean is taken out.
  double sum_of_v = 0;
  double trace_of_centred_v = 0;
  double n = 0;
  double used_sessions = 0;
  for (const SessionTrials& session : sessions) {
    const std::vector<TimedValue> baseline = Usable(session.baseline);
    const std::vector<TimedValue> cell = Usable(session.cell);
    if (baseline.empty() || cell.empty()) continue;
    std::vector<double>& ratios = log_ratios.emplace_back();
    std::vector<double> load(baseline.size(), 0);  // how much each baseline trial is leant on
    double trace = 0;
    for (const TimedValue& trial : cell) {
      double reference = 0;
      trace += 1;
      for (const auto& [index, weight] : Interpolate(baseline, trial.order)) {
        reference += weight * std::log(baseline[index].value);
        load[index] += weight;
        trace += weight * weight;
      }
      ratios.push_back(std::log(trial.value) - reference);
    }
    const auto count = static_cast<double>(cell.size());
    double sum = count;
    for (const double l : load) sum += l * l;
    sum_of_v += sum;
    trace_of_centred_v += trace - sum / count;
    n += count;
    used_sessions += 1;
  }
  if (n == 0) return {};
  const double factor =
      trace_of_centred_v > 1e-9 ? (sum_of_v / n) / (trace_of_centred_v / (n - used_sessions)) : 1;
  const MeanEstimate mean = GroupedMean(log_ratios, factor);
  return FromLogMean(mean.mean, mean.se * mean.se, mean.df, mean.n, mean.groups);
}

SpeedRatio UnpairedRatio(const Groups& baseline_sessions, const Groups& cell_sessions) {
  const MeanEstimate baseline = GroupedMean(Logs(baseline_sessions));
  const MeanEstimate cell = GroupedMean(Logs(cell_sessions));
  if (baseline.n == 0 || cell.n == 0) return {.paired = false};
  const double variance_b = baseline.se * baseline.se;
  const double variance_c = cell.se * cell.se;
  const double variance = variance_b + variance_c;
  double df = 0;
  if (baseline.df > 0 && cell.df > 0) {
    df = variance > 0
             ? variance * variance /
                   (variance_b * variance_b / baseline.df + variance_c * variance_c / cell.df)
             : std::min(baseline.df, cell.df);
  }
  SpeedRatio result = FromLogMean(cell.mean - baseline.mean, variance, df, cell.n,
                                  std::min(baseline.groups, cell.groups));
  result.paired = false;
  return result;
}

}  // namespace moebench
