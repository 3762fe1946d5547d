// The signs of sickness in a sweep's answers, as a table and as JSON (moebench show --signs).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "results/sweep_view.h"

namespace moebench {

std::string SignTable(const SweepView& view);
nlohmann::json SignJson(const SweepView& view);  // moebench.signs/1

}  // namespace moebench
