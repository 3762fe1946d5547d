// What guessing did, as `moebench show --json` has it. Pure; thread-safe.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "results/sweep_view.h"

namespace moebench {

// Null for plain decoding and for cells without figures.
nlohmann::json SpeculationJson(const CellView& view);

nlohmann::json PassesJson(const std::vector<PassTableView>& tables);

}  // namespace moebench
