// What the analysis reads out of stored JSON (ModelFacts, SweepSpec). The rows may
// come from any version or engine: what is missing or of another type reads as unknown.
#pragma once

#include <cstdint>
#include <string>

namespace moebench {

// "qwen3moe.expert_used_count"; empty if the facts don't say.
std::string ExpertCountKey(const std::string& facts_json);

// N; 0 for a dense model, or if the facts don't say.
int ExpertCount(const std::string& facts_json);

// Weight bytes that decoding may read: dense parts and all experts; 0 if the facts don't say.
int64_t WeightBytes(const std::string& facts_json);

// Ratio to the baseline below which a cell is flagged: 1 - "flag_below" of the sweep's
// configuration; 0.90 if that doesn't say.
double FlagBelow(const std::string& config_json);

}  // namespace moebench
