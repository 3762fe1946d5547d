// Two sweeps, cell by cell: is B slower or worse than A, and may that be said?
//   Comparison c = CompareSweeps({rows_a, noise_of}, rows_b);
// Numbers of two machines, two suites or two lengths of text are shown beside each other and never
// judged. Pure, thread-safe.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/stats/nights.h"
#include "results/show.h"
#include "results/store.h"
#include "results/sweep_view.h"

namespace moebench {

struct ComparedCell {
  std::string cell_id, label;
  Interval a, b;   // decode tokens/s
  Interval ratio;  // b / a, noise between nights included; n = processes of the smaller side
  // The same of cell / anchor (k0, plain, same placement and threads, in the same processes), from
  // which what befell the whole machine cancels; n = 0 for the anchor itself.
  Interval relative;
  double min_detectable = 1;
  QualityView quality;  // of b; the change is against a, on the same items
  std::string verdict;  // ok | flagged | improved | inconclusive | not_comparable
  std::vector<std::string> why;
};

struct Comparison {
  SweepRecord a, b;
  std::vector<std::string> different;  // why nothing is judged: machine, suite, tokens
  std::vector<ComparedCell> cells;
  std::string alarm;                        // most cells moved together; empty: no
  std::vector<std::string> only_a, only_b;  // labels, with their model where it differs
  double night_sd = 0;                      // noise between nights that was allowed for
  int noise_nights = 0;                     // behind it; 0 = assumed
  double flag_below = 0.90;
  int flagged = 0, improved = 0, inconclusive = 0, not_comparable = 0;
};

// The noise floors of a cell, alone and beside its anchor, from the nights in its database; fewer
// than 8 nights: assumed.
struct CellNoise {
  NoiseFloor absolute, relative;
};
using NoiseOfCell = std::function<CellNoise(const std::string& cell_id)>;

Comparison CompareSweeps(const SweepRows& a, const SweepRows& b, const NoiseOfCell& noise);
std::string ComparisonText(const Comparison& comparison, Colour colour, int width);
nlohmann::json ComparisonJson(const Comparison& comparison);  // schema moebench.compare/1

}  // namespace moebench
