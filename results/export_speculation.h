// What speculation adds to exported rows, as JSON; null where there is none. Part of the export;
// pure.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "results/records.h"

namespace moebench {

nlohmann::json GuessingJson(const Cell& cell);
nlohmann::json ParityJson(const std::optional<ParityRecord>& parity);
nlohmann::json SpeculationJson(const std::optional<SpeculationRecord>& speculation);
nlohmann::json PromptsJson(const std::vector<PromptRecord>& prompts);
nlohmann::json PassCostJson(const PassCostRecord& cost);

}  // namespace moebench
