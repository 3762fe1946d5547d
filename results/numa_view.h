// What placement, waiting and instances did to a cell, beside the figures that verdicts rest on.
// Plain data, part of results/sweep_view.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/stats/time_bound.h"

namespace moebench {

struct InstanceView {
  std::string where;      // "cpus 0-7, node 0"; empty if the plan doesn't say
  double tps = 0;         // decode tokens/s while all run, median of the trials
  double lo = 0, hi = 0;  // slowest and fastest trial
};

struct NumaView {
  TimeBound bound;                        // what the time of decoding goes into
  std::optional<double> wait, wait_most;  // share of the threads' time at barriers: mean, most of
                                          // one; median of the trials
  std::optional<double> remote_share;     // of the weights read, what lies on other nodes; 0..1
  // Of several instances, else empty and 1.
  std::vector<InstanceView> instances;
  double jain = 1, min_over_max = 1;  // fairness of their rates
  double overlap = 1;                 // median of the trials: share in which all were busy
};

// What a recorded routing trace says that a policy costs (runners/routing/simulate.h).
struct ForecastView {
  std::string policy;
  double busiest_bytes = 0;  // asked of the busiest node, for one token
  double remote_share = 0;
  double efficiency = 0;  // even share of all nodes / busiest
};

}  // namespace moebench
