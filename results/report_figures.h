// How figures are written in reports: never without their interval and count, never 0 for what was
// not measured. One place, so that Markdown and HTML can't disagree.
//   Measured(cell.decode_tps)       "209.8 [205.1, 214.9], n=6"
//   Change(-0.021, -0.05, 0.009)    "−2.1 % [−5.0, +0.9]"
#pragma once

#include <string>

#include "results/sweep_view.h"

namespace moebench {

inline constexpr char kNotMeasured[] = "not measured";

// Four significant digits, at most three decimals; kNotMeasured for NaN and infinity.
std::string Figure(double value);
// "209.8 [205.1, 214.9], n=6"; "209.8 [one sample], n=1", for one shows no spread; kNotMeasured
// where n is 0.
std::string Measured(const Interval& estimate);
// "209.8": the median alone, for places where the interval stands beside it.
std::string MedianOf(const Interval& estimate);
// "×1.38 [1.34, 1.42]"
std::string Factor(double median, double lo, double hi);
std::string Factor(const Interval& ratio);  // the same and ", n=6"
// 0.021 -> "+2.1 %"
std::string SignedPercent(double fraction);
std::string Percent(double fraction);  // 0.925 -> "92.5 %"
// A relative change with its interval: "−2.1 % [−5.0, +0.9]"
std::string Change(double change, double lo, double hi);
// "92.5 % [88.5, 95.2], n=240"
std::string Score(const QualityView& quality);
// A positive quantity that is 0 where it was not measured.
std::string OrNotMeasured(double value, const std::string& unit);

}  // namespace moebench
