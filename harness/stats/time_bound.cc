#include "harness/stats/time_bound.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace moebench {
namespace {

constexpr double kLead = 0.10;  // of the time: less is too close to tell
// Without a measure of waiting: reading takes more than this, so no other part can be as large.
constexpr double kMostForSure = 0.5 + kLead / 2;

std::string Percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.0f %%", 100 * share);
  return text;
}

std::string Word(BoundKind kind, const std::string& source) {
  switch (kind) {
    case BoundKind::kReading:
      return source + "-bound";
    case BoundKind::kComputing:
      return "compute-bound";
    case BoundKind::kWaiting:
      return "synchronisation-bound";
    case BoundKind::kUnknown:
      break;
  }
  return "can't tell";
}

TimeBound WithoutWaits(const BoundInput& input) {
  TimeBound bound{.read = std::min(input.read_share, 1.0)};
  const bool sure = input.read_share >= kMostForSure;
  bound.kind = sure ? BoundKind::kReading : BoundKind::kUnknown;
  bound.why = "reading at the probe's speed takes " + Percent(bound.read) +
              " of the time; what is waited at barriers was not measured";
  return bound;
}

}  // namespace

TimeBound WhatBounds(const BoundInput& input) {
  TimeBound bound;
  const double waited = input.wait_share.value_or(0);
  if (!std::isfinite(input.read_share) || input.read_share <= 0) {
    bound.why = "no bandwidth was probed";
  } else if (!std::isfinite(waited) || waited < 0 || waited > 1) {
    bound.why = "the measure of waiting is no share of a time";
  } else if (!input.wait_share) {
    bound = WithoutWaits(input);
  } else {
    // A probe that was disturbed may say less than was read, and then all of the time is reading.
    bound.wait = waited;
    bound.read = std::min(input.read_share, 1 - waited);
    bound.compute = std::max(0.0, 1 - bound.read - bound.wait);
    std::array<std::pair<double, BoundKind>, 3> parts = {{{bound.read, BoundKind::kReading},
                                                          {bound.compute, BoundKind::kComputing},
                                                          {bound.wait, BoundKind::kWaiting}}};
    std::sort(parts.begin(), parts.end(), std::greater<>());
    if (parts[0].first - parts[1].first >= kLead) bound.kind = parts[0].second;
    bound.why = "reading at the probe's speed takes " + Percent(bound.read) +
                " of the time, waiting at barriers " + Percent(bound.wait) + ", the rest " +
                Percent(bound.compute);
  }
  bound.word = Word(bound.kind, input.source);
  return bound;
}

}  // namespace moebench
