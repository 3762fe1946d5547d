// What the layers of a model file are, for `moebench inspect`: from the header, no weights read.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace moebench {

// Counts by mixer and by feed-forward part, windows, layers that are never computed. Throws Error
// as ReadHyper does.
nlohmann::json LayersJson(const std::string& model_path);
// The same for people: name, value.
std::vector<std::pair<std::string, std::string>> LayerLines(const nlohmann::json& layers);

}  // namespace moebench
