// Where threads and memory sat, how many instances ran at once, what bound them, and which won and
// why: words for all views, a part of the report. Pure; thread-safe.
#pragma once

#include <string>

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

// Of plain decoding with the baseline's experts, which placement, threads and instances gave the
// most tokens/s and what speaks for it; empty if there was but one of them.
std::string WinnerInWords(const ModelView& model);

}  // namespace moebench
