// Speed of one cell from its trials, and the reasons for which its numbers must not be used. Part
// of the analysis; pure.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "harness/machine/read_bound.h"
#include "harness/stats/ratio.h"
#include "results/sweep_view.h"

namespace moebench {

// The rows of one cell; pointers into the rows that are analysed.
struct CellData {
  const CellRecord* record = nullptr;
  std::vector<const TrialRecord*> trials;
  std::vector<const TrialRecord*> rerun;  // trials of the second look at suspects
  std::vector<const AnswerRecord*> answers;
  // After LeaveOutDisturbed: what was taken away from the two lists above.
  std::vector<const TrialRecord*> disturbed, rerun_disturbed;
  bool stable = true;  // false: too few undisturbed trials; all of them are still in `trials`
  const DivergenceRecord* divergence = nullptr;  // null: not measured
  std::vector<const JudgmentRecord*> judgments;  // of the judge that is believed last
};

// Disturbed trials stand for nothing where enough others remain (harness/stats/stable.h).
void LeaveOutDisturbed(CellData& cell);

// "17 of 20 trials were disturbed (other processes used 31.0 % of the threads' time)", the first
// reason standing for all; empty if none was.
std::string DisturbedInWords(const CellData& cell);

using SessionsById = std::map<int64_t, const SessionRecord*>;

// What the sessions of a cell measured of their cores; weight_bytes: all that decoding may read.
ReadBound BoundsOf(const CellData& cell, const SessionsById& sessions, int64_t weight_bytes);

// Fills speeds, latencies, bytes and bandwidth of the view. Of an unstable cell the speeds are the
// median of all its trials and the range from the slowest to the fastest: no interval of anything.
void FillFigures(const CellData& cell, const ReadBound& bounds, CellView& view);

// Why the trials of this cell must not be used, as in invalid(...); empty if nothing speaks against
// them. Rules 4 to 6 of design.md section 5.
std::string RefusalOf(const CellData& cell, const ReadBound& bounds, const CellView& figures);

// Why the sessions of a cell don't belong together: another engine or instruction set answered
// under the same name. Empty if they do.
std::string TwoEnginesReason(const CellData& cell, const SessionsById& sessions);

// A speed of one trial; 0 where it has none.
using TrialSpeed = std::function<double(const TrialRecord&)>;
Interval SpeedInterval(const CellData& cell, const TrialSpeed& speed);

// Speed of a cell over that of another, in the same sessions where there are any.
SpeedRatio RatioOf(const CellData& cell, const CellData& reference, const TrialSpeed& speed);
SpeedRatio DecodeRatio(const CellData& cell, const CellData& reference);  // of tokens/s

// Why a speed-up over the k0 cell of the same placement can't be true: above S_max(k). Empty if it
// can. max_speedup 0 = unknown.
std::string FasterThanBytesAllow(const SpeedRatio& over_k0, double max_speedup);

}  // namespace moebench
