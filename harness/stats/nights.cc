#include "harness/stats/nights.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "harness/stats/distributions.h"

namespace moebench {
namespace {

constexpr size_t kBaselineNights = 7;  // reliability.md 4.4 (3)
constexpr size_t kNoiseNights = 30;    // reliability.md 4.4 (2)
constexpr size_t kMinNights = 8;       // fewer say nothing of the noise
constexpr size_t kFirstReplay = 3;     // nights that a forecast needs
constexpr double kResolution = 0.005;
constexpr double kAssumedNightSd = 0.03;
constexpr double kNormal90 = 1.2815515655446004;  // 80 % of |z| lie below
constexpr double kNormal975 = 1.959963984540054;
constexpr double kNormal80 = 0.8416212335729143;
constexpr double kMedianFactor = 1.2533141373155;  // sqrt(pi/2): a median's error over a mean's
constexpr double kQuantileEfficiency = 0.63;       // of the 80 % quantile against the SD

// Of at most kNoiseNights values; the span is reordered.
double MedianInPlace(std::span<double> values) {
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

// What the nights foretell: median of the levels of the last seven.
double Forecast(std::span<const Night> nights) {
  std::array<double, kBaselineNights> levels{};
  const size_t count = std::min(nights.size(), kBaselineNights);
  for (size_t i = 0; i < count; ++i) levels[i] = nights[nights.size() - count + i].level;
  return MedianInPlace(std::span(levels).first(count));
}

}  // namespace

Night NightOf(std::span<const double> process_levels) {
  if (process_levels.empty()) return {};
  std::vector<double> sorted(process_levels.begin(), process_levels.end());
  Night night{MedianInPlace(sorted), 0, static_cast<int>(sorted.size())};
  if (night.processes < 2) return night;
  double mean = 0;
  for (const double level : sorted) mean += level / night.processes;
  double squares = 0;
  for (const double level : sorted) squares += (level - mean) * (level - mean);
  night.process_sd = std::sqrt(squares / (night.processes - 1));
  return night;
}

std::vector<Night> ComparableNights(std::span<const PastNight> past, const PastNight& tonight,
                                    VersionPolicy policy) {
  std::vector<Night> nights;
  for (const PastNight& then : past) {
    if (then.machine != tonight.machine || then.cell != tonight.cell ||
        then.workload != tonight.workload || then.night.processes == 0) {
      continue;
    }
    if (then.accepted_change) nights.clear();
    if (policy == VersionPolicy::kAny || then.version == tonight.version) {
      nights.push_back(then.night);
    }
  }
  return nights;
}

NoiseFloor NoiseOf(std::span<const Night> history) {
  const std::span<const Night> nights = history.last(std::min(history.size(), kNoiseNights));
  NoiseFloor noise{.night_sd = kAssumedNightSd, .nights = static_cast<int>(nights.size())};
  if (nights.empty()) return noise;
  std::array<double, kNoiseNights> scratch{};
  for (size_t i = 0; i < nights.size(); ++i) scratch[i] = nights[i].process_sd;
  noise.process_sd = MedianInPlace(std::span(scratch).first(nights.size()));
  if (nights.size() < kMinNights) return noise;
  const size_t replays = nights.size() - kFirstReplay;
  for (size_t i = 0; i < replays; ++i) {
    const size_t at = kFirstReplay + i;
    scratch[i] = std::abs(nights[at].level - Forecast(nights.first(at)));
  }
  std::sort(scratch.begin(), scratch.begin() + static_cast<std::ptrdiff_t>(replays));
  const double position = 0.8 * static_cast<double>(replays - 1);
  const auto below = static_cast<size_t>(position);
  const size_t above = std::min(below + 1, replays - 1);
  const double fraction = position - static_cast<double>(below);
  const double quantile = scratch[below] + fraction * (scratch[above] - scratch[below]);
  noise.night_sd = std::max(kResolution, quantile / kNormal90);
  noise.df = kQuantileEfficiency * static_cast<double>(replays);
  return noise;
}

NightShift ShiftOf(std::span<const Night> history, const Night& tonight) {
  NightShift shift;
  shift.noise = NoiseOf(history);
  if (history.empty() || tonight.processes == 0) return shift;
  shift.nights = static_cast<int>(std::min(history.size(), kBaselineNights));
  shift.log_ratio = tonight.level - Forecast(history);
  shift.ratio = std::exp(shift.log_ratio);
  // A night that is noisier within than its past was between nights is believed less.
  const double of_tonight = kMedianFactor * tonight.process_sd / std::sqrt(tonight.processes);
  shift.se = std::max(shift.noise.night_sd, of_tonight);
  shift.df = shift.noise.df;
  if (shift.df == 0) shift.se *= std::sqrt(1 + 1.0 / shift.nights);
  const double t975 = shift.df > 0 ? StudentQuantile(0.975, shift.df) : kNormal975;
  shift.lo = std::exp(shift.log_ratio - t975 * shift.se);
  shift.hi = std::exp(shift.log_ratio + t975 * shift.se);
  shift.min_detectable = 1 - std::exp(-(t975 + kNormal80) * shift.se);
  const double t = -std::abs(shift.log_ratio) / shift.se;
  shift.p = 2 * (shift.df > 0 ? StudentCdf(t, shift.df) : NormalCdf(t));
  return shift;
}

}  // namespace moebench
