#include "harness/stats/verdict.h"

#include <algorithm>
#include <cmath>

namespace moebench {
namespace {

// "-14", "+3", "0". Very large changes stay readable.
std::string Signed(double relative) {
  const long long percent = std::llround(std::clamp(100 * relative, -1e6, 1e6));
  return (percent > 0 ? "+" : "") + std::to_string(percent);
}

VerdictKind Judge(double ratio, double lo, double hi, double flag_below) {
  if (ratio < flag_below && hi < 1) return VerdictKind::kFlagged;
  if (ratio > 2 - flag_below && lo > 1) return VerdictKind::kImproved;
  if (lo >= flag_below) return VerdictKind::kOk;
  return VerdictKind::kInconclusive;
}

std::string CannotExclude(double flag_below) {
  return ": a loss of " + std::to_string(std::llround(100 * (1 - flag_below))) +
         " % can't be excluded; ";
}

}  // namespace

const char* VerdictWord(VerdictKind kind) {
  switch (kind) {
    case VerdictKind::kOk:
      return "ok";
    case VerdictKind::kImproved:
      return "improved";
    case VerdictKind::kInconclusive:
      return "inconclusive";
    case VerdictKind::kFlagged:
      return "flagged";
  }
  return "inconclusive";
}

std::string PercentText(double relative) { return Signed(relative) + " %"; }

std::string PercentText(double relative, double lo, double hi) {
  return Signed(relative) + " % [" + Signed(lo) + ", " + Signed(hi) + "]";
}

Verdict SpeedVerdict(const SpeedRatio& speed, double flag_below) {
  if (speed.n == 0) {
    return {VerdictKind::kInconclusive, {"decode: no baseline trial to compare with"}};
  }
  if (speed.n == 1 || speed.min_detectable >= 1) {
    return {VerdictKind::kInconclusive,
            {"decode " + PercentText(speed.ratio - 1) + ", one trial; run more trials"}};
  }
  VerdictKind kind = Judge(speed.ratio, speed.lo, speed.hi, flag_below);
  // Where the threshold itself is not excluded, the error must be small enough for the claim.
  const bool clear = speed.hi < flag_below || speed.lo > 2 - flag_below;
  if (kind != VerdictKind::kOk && !clear && speed.se > kMaxStandardError) {
    kind = speed.lo >= flag_below ? VerdictKind::kOk : VerdictKind::kInconclusive;
  }
  std::string reason = "decode " + PercentText(speed.ratio - 1, speed.lo - 1, speed.hi - 1);
  if (kind == VerdictKind::kInconclusive) {
    reason += CannotExclude(flag_below) + "more than " + std::to_string(speed.sessions) +
              (speed.sessions == 1 ? " session" : " sessions") + " would settle it";
  }
  return {kind, {reason}};
}

Verdict QualityVerdict(const QualityChange& change, double flag_below) {
  if (change.n == 0) return {VerdictKind::kInconclusive, {"quality: no item that both answered"}};
  const std::string items = std::to_string(change.n) + (change.n == 1 ? " item" : " items");
  if (!change.defined) {
    return {VerdictKind::kInconclusive,
            {"quality: the baseline solves none of " + items + "; use a suite it can solve"}};
  }
  const VerdictKind kind =
      change.n == 1 ? VerdictKind::kInconclusive
                    : Judge(1 + change.relative, 1 + change.lo, 1 + change.hi, flag_below);
  std::string reason =
      "quality " + PercentText(change.relative, change.lo, change.hi) + ", " + items;
  if (kind == VerdictKind::kInconclusive) {
    reason += CannotExclude(flag_below) + "more items would settle it";
  }
  return {kind, {reason}};
}

Verdict Combine(const std::vector<Verdict>& parts) {
  Verdict result;
  for (const Verdict& part : parts) result.kind = std::max(result.kind, part.kind);
  for (const bool of_winner : {true, false}) {
    for (const Verdict& part : parts) {
      if ((part.kind == result.kind) != of_winner) continue;
      result.reasons.insert(result.reasons.end(), part.reasons.begin(), part.reasons.end());
    }
  }
  return result;
}

}  // namespace moebench
