// Where threads and memory sat, how many instances ran at once, what bound them, and which won and
// why: words for all views, a part of the report. Pure; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "results/sweep_view.h"

namespace moebench {

// Plain decoding, and no A/A copy.
bool IsPlainSetting(const CellView& cell);

// "row-shard, 2 x 8 threads"
std::string PlaceInWords(const Cell& cell);

// "memory-bound (waiting 4 %)", "can't tell what bounds it (waiting 20 %)"; empty where neither the
// bandwidth nor the waiting says anything.
std::string TimeBoundInWords(const CellView& cell);

// "2 instances at once: 12.1, 12.0 each, fairness 1.00, overlap 99 %"; empty for one alone.
std::string InstancesInWords(const CellView& cell);

// "decode +140 %" of several instances becomes "4 texts at once: decode +140 %": it is their sum.
void NameTexts(const Cell& cell, std::vector<std::string>& reasons);

// Tokens/s of one text: of those that are written at once the slowest, their mean and the fastest.
// All 0 without figures.
struct OwnSpeed {
  double least = 0, mean = 0, most = 0;
};
OwnSpeed OwnSpeedOf(const CellView& cell);

// "x0.55 to x0.57" of the baseline's own text; empty for one alone or without its figures.
std::string OwnRatioInWords(const CellView& cell, const CellView* baseline);

// "11.9 to 12.1 tokens/s, x0.55 to x0.57 of the baseline's, fairness 1.00"; empty for one alone.
std::string OwnSpeedInWords(const CellView& cell, const CellView* baseline);

// Of plain decoding with the baseline's experts, which placement and threads gave one text the most
// tokens/s and what speaks for it; then which of those with several instances gave the most to all
// texts together. Empty if there is nothing to choose from.
std::string WinnerInWords(const ModelView& model);

}  // namespace moebench
