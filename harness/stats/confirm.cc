#include "harness/stats/confirm.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace moebench {
namespace {

constexpr int kMinPairs = 4;
constexpr size_t kMaxPairs = 64;  // more add nothing
constexpr double kResolution = 0.005;
constexpr double kNormal975 = 1.959963984540054;
// sqrt(pi/2) 1.4826: the error of a median from the median deviation, normal noise.
constexpr double kErrorOverDeviation = 1.2533141373155 * 1.4826022185056;

double MedianInPlace(std::span<double> values) {
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

// The answer about a loss; of a gain it is the answer about the reciprocal.
bool ShowsLoss(const Evidence& all, const std::optional<Confirmation>& confirmation,
               double flag_below) {
  if (!(all.ratio < flag_below) || !(all.hi < 1)) return false;
  if (all.se > kMaxStandardError && !(all.hi < flag_below)) return false;
  return !confirmation || confirmation->ratio < 1 - kConfirmShare * (1 - flag_below);
}

}  // namespace

Confirmation ConfirmationOf(std::span<const double> pair_log_ratios) {
  Confirmation result;
  const size_t n = std::min(pair_log_ratios.size(), kMaxPairs);
  if (n < kMinPairs) return result;
  std::array<double, kMaxPairs> scratch{};
  std::copy_n(pair_log_ratios.begin(), n, scratch.begin());
  result.pairs = static_cast<int>(n);
  result.log_ratio = MedianInPlace(std::span(scratch).first(n));
  for (size_t i = 0; i < n; ++i) scratch[i] = std::abs(scratch[i] - result.log_ratio);
  const double deviation = MedianInPlace(std::span(scratch).first(n));
  const double of_pairs = kErrorOverDeviation * deviation / std::sqrt(static_cast<double>(n));
  result.se = std::hypot(of_pairs, kResolution);
  result.ratio = std::exp(result.log_ratio);
  result.lo = std::exp(result.log_ratio - kNormal975 * result.se);
  result.hi = std::exp(result.log_ratio + kNormal975 * result.se);
  return result;
}

Evidence Combined(const NightShift& shift, const std::optional<Confirmation>& confirmation) {
  if (!confirmation || confirmation->pairs == 0) {
    return {shift.ratio, shift.lo, shift.hi, shift.se};
  }
  const double w_shift = 1 / (shift.se * shift.se);
  const double w_again = 1 / (confirmation->se * confirmation->se);
  const double log_ratio =
      (w_shift * shift.log_ratio + w_again * confirmation->log_ratio) / (w_shift + w_again);
  const double se = 1 / std::sqrt(w_shift + w_again);
  return {std::exp(log_ratio), std::exp(log_ratio - kNormal975 * se),
          std::exp(log_ratio + kNormal975 * se), se};
}

VerdictKind JudgeShift(const NightShift& shift, const std::optional<Confirmation>& confirmation,
                       double flag_below) {
  if (shift.nights == 0) return VerdictKind::kInconclusive;
  const Evidence all = Combined(shift, confirmation);
  if (ShowsLoss(all, confirmation, flag_below)) return VerdictKind::kFlagged;
  if (all.ratio > 2 - flag_below && all.lo > 1 &&
      (all.se <= kMaxStandardError || all.lo > 2 - flag_below) &&
      (!confirmation || confirmation->ratio > 1 + kConfirmShare * (1 - flag_below))) {
    return VerdictKind::kImproved;
  }
  return all.lo >= flag_below ? VerdictKind::kOk : VerdictKind::kInconclusive;
}

VerdictKind JudgeTwoNights(const NightShift& before, const NightShift& tonight, double flag_below) {
  const VerdictKind alone = JudgeShift(tonight, std::nullopt, flag_below);
  if (alone == VerdictKind::kOk || tonight.nights == 0 || before.nights == 0) {
    return alone == VerdictKind::kOk ? alone : VerdictKind::kInconclusive;
  }
  NightShift both = tonight;
  both.log_ratio = 0.5 * (before.log_ratio + tonight.log_ratio);
  both.se = std::sqrt(0.875 * 0.5 * (before.se * before.se + tonight.se * tonight.se));
  both.ratio = std::exp(both.log_ratio);
  both.lo = std::exp(both.log_ratio - kNormal975 * both.se);
  both.hi = std::exp(both.log_ratio + kNormal975 * both.se);
  const VerdictKind kind = JudgeShift(both, std::nullopt, flag_below);
  const double share = kConfirmShare * (1 - flag_below);
  const auto again = [&](double ratio) {
    return kind == VerdictKind::kFlagged ? ratio < 1 - share : ratio > 1 + share;
  };
  const bool claim = kind == VerdictKind::kFlagged || kind == VerdictKind::kImproved;
  if (claim && again(before.ratio) && again(tonight.ratio)) return kind;
  return VerdictKind::kInconclusive;
}

bool WantsConfirmation(const NightShift& shift, double flag_below) {
  return shift.nights > 0 && JudgeShift(shift, std::nullopt, flag_below) != VerdictKind::kOk;
}

}  // namespace moebench
