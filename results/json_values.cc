#include "results/json_values.h"

#include <cmath>

namespace moebench {

using Json = nlohmann::json;

Json Text(const std::string& text) {
  return Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace));
}

Json TextOrNull(const std::string& text) { return text.empty() ? Json() : Text(text); }

Json Number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json NumberIf(bool measured, double value) { return measured ? Number(value) : Json(); }

Json Stored(const std::string& text) {
  Json json = Json::parse(text, nullptr, false);
  return json.is_discarded() ? TextOrNull(text) : json;
}

Json IntervalJson(const Interval& interval) {
  const bool measured = interval.n > 0;
  return {{"median", NumberIf(measured, interval.median)},
          {"lo", NumberIf(measured, interval.lo)},
          {"hi", NumberIf(measured, interval.hi)},
          {"n", interval.n}};
}

}  // namespace moebench
