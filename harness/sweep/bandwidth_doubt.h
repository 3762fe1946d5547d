// Asks the bandwidth probe again before anybody calls a speed suspect: memory that is shared with
// neighbours is faster at one time than at another, and one old probe made honest rows look
// impossible.
//   BandwidthDoubt doubt(facts, bandwidths);
//   doubt.Weigh(trial, probe_again, [&](const ReadBandwidths& seen) { sink.AddProbe(...); });
#pragma once

#include <functional>

#include "harness/machine/read_bound.h"
#include "harness/sweep/run_sweep.h"

namespace moebench {

class BandwidthDoubt {
 public:
  // instances: copies of the weights that are read at once
  BandwidthDoubt(const ModelFacts& facts, size_t instances, const ReadBandwidths& measured);

  // Probes at once, while the conditions are still those of the trial, if the trial read more than
  // the best probe so far says can be read; at most three times a session.
  void Weigh(const TrialRecord& trial, const std::function<ReadBandwidths()>& probe_again,
             const std::function<void(const ReadBandwidths&)>& keep);

 private:
  ReadBound bound_;
  int probes_left_ = 3;
};

}  // namespace moebench
