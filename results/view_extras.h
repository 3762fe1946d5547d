// What a sweep's view holds beside the figures that verdicts rest on: how times are distributed,
// how the nights before went, what changed since the last one, which experts tokens took. Plain
// data, part of results/sweep_view.h.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace moebench {

// Times of one kind in all trials behind a cell's figures, together.
struct LatencyView {
  int n = 0;
  double p50 = 0;                                // ms
  double p90 = 0;                                // 0 with fewer than 10 samples
  double p99 = 0;                                // 0 with fewer than 100 samples
  std::vector<std::pair<double, double>> curve;  // (percentile, ms), rising; what n samples allow
};

// One setting over the nights of the same machine state and suite, oldest first, tonight last.
struct TrendPoint {
  int64_t sweep_id = 0;
  std::string started;      // UTC stamp
  double decode_tps = 0;    // median over the worker processes
  double lo = 0, hi = 0;    // one standard deviation of them; both equal to it if there was one
  int processes = 0;        // 0: not measured that night
  bool promoted = false;    // accepted as the new measure
  double change_ratio = 0;  // what came from here on over what was before; 0 = no change point
};
struct TrendView {
  std::string cell_id, label;
  std::vector<TrendPoint> nights;  // one for each night of the model's trends
};

// What is otherwise than in the sweep before.
struct ChangedFact {
  std::string name, before, now;
};
struct NightChanges {
  int64_t sweep_id = 0;  // the sweep before with a model of this one; 0 = there is none
  std::string started;
  bool same_machine = true;   // state of the machine, as far as speed depends on it
  bool same_workload = true;  // suite and tokens
  std::vector<ChangedFact> facts;
};

// How often a recorded text's tokens took each expert.
struct RouterLoadView {
  std::string source;  // "From the routing trace" ...: a file, or who recorded it
  int n_experts = 0, n_layers = 0;
  int64_t tokens = 0;
  std::vector<int64_t> counts;  // [n_layers x n_experts]
};

// How many of a cell's answers show a sign of sickness; the first of a cell's counts them all.
struct SignCount {
  std::string sign;
  int answers = 0;
};

}  // namespace moebench
