// When a speculative text may not be what plain decoding's is: never, but for rounding. The sweep
// ends a cell on it, and the analysis refuses one that slipped through.
#pragma once

#include <span>
#include <string>

#include "results/records.h"

namespace moebench {

// Greedy tokens may leave plain decoding's only where its own choice was nearer than this to the
// runner-up: passes of other sizes round otherwise (moe-techniques.md 2.20). Logits.
constexpr double kParityTolerance = 0.05;

// "parity: speed prompt s1 leaves plain decoding at token 12, ..." of the first text beyond the
// tolerance; empty if all hold.
std::string ParityReason(const TrialRecord& trial);
std::string ParityReason(const AnswerRecord& answer);

}  // namespace moebench
