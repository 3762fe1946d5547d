// What may be said of a cell against its baseline: three-valued, never more than the interval
// allows.
//   Verdict v = Combine({SpeedVerdict(ratio), QualityVerdict(change)});
//   v.kind kFlagged, v.reasons {"decode -14 % [-19, -9]", "quality -3 % [-8, +2], 150 items"}
// Pure, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "harness/stats/quality.h"
#include "harness/stats/ratio.h"

namespace moebench {

enum class VerdictKind {
  kOk,            // certainly not below the threshold
  kImproved,      // more than 10 % better, and the interval agrees
  kInconclusive,  // can't be said; the reason names what would settle it
  kFlagged,       // below the threshold, and the interval agrees
};
const char* VerdictWord(VerdictKind kind);  // "ok", "improved", "inconclusive", "flagged"

struct Verdict {
  VerdictKind kind = VerdictKind::kOk;
  std::vector<std::string> reasons;  // short sentences for people
};

constexpr double kFlagBelow = 0.90;  // ratio to the baseline

// The largest standard error (log scale) with which a loss may be claimed: at 3.4 % no change at
// all passes the threshold of 10 % in one of a thousand, and a loss of 15 % in 95 of a hundred
// (reliability.md 4.2).
constexpr double kMaxStandardError = 0.034;

// flag_below in (0, 1); improved lies as far above 1 as flag_below lies under it.
Verdict SpeedVerdict(const SpeedRatio& speed, double flag_below = kFlagBelow);
Verdict QualityVerdict(const QualityChange& change, double flag_below = kFlagBelow);

// flagged > inconclusive > improved > ok; all reasons, those of the winning kind first.
Verdict Combine(const std::vector<Verdict>& parts);

// "-14 %", "+3 %", "0 %" of a relative change; "-14 % [-19, -9]" with its interval.
std::string PercentText(double relative);
std::string PercentText(double relative, double lo, double hi);

}  // namespace moebench
