// A timed trial of several instances at once, and what it is as one row.
//   TrialRecord trial = MeasureAtOnce(workers, cell, prompts, 128, plain, now_s);
//   trial.DecodeTps();   // all instances together
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "harness/sweep/measure.h"
#include "harness/sweep/run_sweep.h"

namespace moebench {

// Less than this of every trial beside all others, and it is not counted.
inline constexpr double kEnoughOverlap = 0.9;

// One trial on each worker, begun together. Whoever is done first goes on with untimed requests
// until the last one is: nobody is timed while others rest. One worker: MeasureTrial.
//   now_s: is asked by several threads
TrialRecord MeasureAtOnce(std::span<Worker> workers, const Cell& cell,
                          std::span<const SpeedPrompt> prompts, int max_tokens, PlainTexts* plain,
                          const std::function<double()>& now_s);

// One row of trials of the same cell: tokens and times are sums (each time is one of an instance),
// latencies stand one after the other, what is a mean stays one; the prompts are the first's.
// overlap: of all of them. Not empty.
TrialRecord MergeInstances(std::vector<TrialRecord> trials, double overlap);

// Why a trial of several is no proper one: they did not run at the same time. Empty if they did.
std::string OverlapReason(const TrialRecord& trial);

// "suspect: ..." where instances that were asked the same computed something else; else empty.
std::string DisagreementReason(const TrialRecord& trial);

}  // namespace moebench
