// The answer about a night, in two steps: what its shift alone allows to say, and what a re-run of
// both arms, interleaved A B B A in fresh processes, adds.
//   VerdictKind kind = JudgeShift(shift, std::nullopt);
//   if (WantsConfirmation(shift)) kind = JudgeShift(shift, ConfirmationOf(pair_log_ratios));
// Pure, thread-safe.
#pragma once

#include <optional>
#include <span>

#include "harness/stats/nights.h"
#include "harness/stats/verdict.h"

namespace moebench {

// What the re-run must show by itself, on the way to a threshold of 0.90 (reliability.md 4.4, 5):
// 0.92, that is 0.8 of the loss.
constexpr double kConfirmShare = 0.8;

struct Confirmation {
  double log_ratio = 0;  // median over the pairs of log(B / A)
  double se = 0;
  double ratio = 1, lo = 1, hi = 1;  // 95 % interval
  int pairs = 0;
};
// Of A B B A: the first two are a pair, the last two another. Median and its error from the median
// deviation, so that one pair that something else disturbed neither makes nor hides a finding; at
// least 0.5 %. Fewer than 4 pairs: pairs = 0, says nothing.
Confirmation ConfirmationOf(std::span<const double> pair_log_ratios);

// Both together, weighted by their precision; the shift alone if there is no confirmation.
struct Evidence {
  double ratio = 1, lo = 1, hi = 1;
  double se = 0;
};
Evidence Combined(const NightShift& shift, const std::optional<Confirmation>& confirmation);

// flagged: the ratio is below the threshold, the interval excludes 1, the standard error allows the
// claim (or the interval excludes the threshold itself), and the re-run, where there was one, shows
// 0.8 of the loss by itself. improved: the same on the other side. ok: the interval excludes a loss
// of the threshold. Else inconclusive.
VerdictKind JudgeShift(const NightShift& shift, const std::optional<Confirmation>& confirmation,
                       double flag_below = kFlagBelow);

// For a cell that has no second arm tonight (the baseline itself): the night before, held against
// its own past, is the second look. A claim needs 0.8 of the change in it, and both together, with
// the error of two nights that share most of their past (correlation 3/4). Else inconclusive, and
// the next night decides.
VerdictKind JudgeTwoNights(const NightShift& before, const NightShift& tonight,
                           double flag_below = kFlagBelow);

// Suspects, and what can't be told: both are worth a re-run.
bool WantsConfirmation(const NightShift& shift, double flag_below = kFlagBelow);

}  // namespace moebench
