#include "results/shallow_json.h"

#include <nlohmann/json.hpp>

namespace moebench {

nlohmann::json ParsedJson(const std::string& text) {
  constexpr int kMaxDepth = 32;
  const auto shallow = [](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    return depth <= kMaxDepth;
  };
  return nlohmann::json::parse(text, shallow, false);
}

}  // namespace moebench
