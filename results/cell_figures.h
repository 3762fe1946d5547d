// Speed of one cell from its trials, and the reasons for which its numbers must not be used. Part
// of the analysis; pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/stats/ratio.h"
#include "results/sweep_view.h"

namespace moebench {

// The rows of one cell; pointers into the rows that are analysed.
struct CellData {
  const CellRecord* record = nullptr;
  std::vector<const TrialRecord*> trials;
  std::vector<const TrialRecord*> rerun;  // trials of the second look at suspects
  std::vector<const AnswerRecord*> answers;
};

// What the sessions of a cell measured of their cores.
struct Bounds {
  double memory_gbps = 0, cache_gbps = 0;  // 0 = not measured
  int64_t cache_bytes = 0;                 // 0 = unknown
  int64_t weight_bytes = 0;                // all weights that decoding may read; 0 = unknown
};
using SessionsById = std::map<int64_t, const SessionRecord*>;
Bounds BoundsOf(const CellData& cell, const SessionsById& sessions, int64_t weight_bytes);

// Fills speeds, latencies, bytes and bandwidth of the view.
void FillFigures(const CellData& cell, const Bounds& bounds, CellView& view);

// Why the trials of this cell must not be used, as in invalid(...); empty if nothing speaks against
// them. Rules 4 to 6 of design.md section 5.
std::string RefusalOf(const CellData& cell, const Bounds& bounds, const CellView& figures);

// Why the sessions of a cell don't belong together: another engine or instruction set answered
// under the same name. Empty if they do.
std::string TwoEnginesReason(const CellData& cell, const SessionsById& sessions);

// "warning: acceptance 1.000: ..."; empty if the share of accepted drafts is believable.
std::string AcceptanceWarning(const CellData& cell);

// Decode speed of a cell over that of another, in the same sessions where there are any.
SpeedRatio DecodeRatio(const CellData& cell, const CellData& reference);

// Why a speed-up over the k0 cell of the same placement can't be true: above S_max(k). Empty if it
// can. max_speedup 0 = unknown.
std::string FasterThanBytesAllow(const SpeedRatio& over_k0, double max_speedup);

}  // namespace moebench
