// A cell against its own past: which nights may be compared, what speed they foretell, and how far
// tonight is from it.
//   std::vector<Night> history = ComparableNights(past, tonight, VersionPolicy::kAny);
//   NightShift shift = ShiftOf(history, tonight.night);
// A night's level is the median over its worker processes of the log of tokens/s (or of the ratio
// to the anchor that ran beside it). Pure, thread-safe.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace moebench {

struct Night {
  double level = 0;       // log of tokens/s; median over the processes
  double process_sd = 0;  // spread of the processes about it, log scale; 0 if there was one
  int processes = 0;
};
// One log value for each worker process. No value: processes is 0.
Night NightOf(std::span<const double> process_levels);

// A night with all that decides what it may be compared with.
struct PastNight {
  std::string machine;           // hash of the stable fingerprint
  std::string cell;              // cell id; holds the model's hash
  std::string workload;          // suite, prompts, tokens
  std::string version;           // of the program
  bool accepted_change = false;  // `baseline promote`: what was before is no longer the measure
  Night night;
};
enum class VersionPolicy { kAny, kSame };

// Nights that may be held against tonight's, in the order given (oldest first): same machine, cell
// and workload, of the same version if the policy says so, from the last accepted change on.
std::vector<Night> ComparableNights(std::span<const PastNight> past, const PastNight& tonight,
                                    VersionPolicy policy);

// Noise of a cell, within a night and between nights (reliability.md 4.4, rule 2).
struct NoiseFloor {
  double night_sd = 0.03;  // of a night's level about what the nights before it foretell
  double process_sd = 0;   // of one process within a night
  int nights = 0;          // the history behind it
  double df = 0;           // degrees of freedom of night_sd; 0 = assumed, not measured
};
// Replays the forecast over the last 30 nights: each level against the median of the up to seven
// before it. What is measured is thus the error of the forecast itself, with whatever
// autocorrelation the machine has. The scale is the 80 % quantile of the absolute errors (a fifth
// of the nights may be outliers), at least 0.5 %. Fewer than 8 nights: 3 % is assumed.
NoiseFloor NoiseOf(std::span<const Night> history);

// Tonight over the baseline, the median of the last seven nights.
struct NightShift {
  double log_ratio = 0;
  double se = 0;              // standard error of log_ratio, noise between nights included
  double df = 0;              // of se; 0 = known
  double ratio = 1;           // tonight / baseline
  double lo = 1, hi = 1;      // 95 % interval
  double min_detectable = 1;  // smallest loss seen with 80 % power; 1 = none
  double p = 1;               // two-sided, of no change
  int nights = 0;             // behind the baseline, 0..7; 0 = nothing to compare with
  NoiseFloor noise;
};
NightShift ShiftOf(std::span<const Night> history, const Night& tonight);

}  // namespace moebench
