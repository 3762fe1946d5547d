// Values of the view as JSON: what was not measured, or is no number, is null; text that is not
// UTF-8 is made it. Pure; thread-safe.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "results/sweep_view.h"

namespace moebench {

nlohmann::json Text(const std::string& text);
nlohmann::json TextOrNull(const std::string& text);  // null if empty
nlohmann::json Number(double value);
nlohmann::json NumberIf(bool measured, double value);
nlohmann::json Stored(
    const std::string& text);  // stored JSON as JSON; text that is none as a string
nlohmann::json IntervalJson(const Interval& interval);

}  // namespace moebench
