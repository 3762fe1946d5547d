// One cell as `moebench show --json` has it. Pure; thread-safe.
#pragma once

#include <nlohmann/json.hpp>

#include "results/sweep_view.h"

namespace moebench {

nlohmann::json CellJson(const CellView& view);

}  // namespace moebench
