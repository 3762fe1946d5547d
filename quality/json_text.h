// JSON in text that a model wrote: parsed with bounds, found within prose, held against a schema.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace moebench {

// Nothing if the text is not exactly one JSON value, is larger than 1 MiB or nested deeper than 64.
std::optional<nlohmann::json> ParseJsonText(std::string_view text);

// The first object or list in the text that parses; it points into the argument.
std::optional<std::string_view> FindJsonText(std::string_view text);

// Why `value` does not fit the JSON schema (draft 7); empty if it does. Throws Error naming `where`
// if the schema itself can't be used.
std::string SchemaProblem(const nlohmann::json& schema, const nlohmann::json& value,
                          const std::string& where);

// Equal as data: numbers by value (1 and 1.0, within 1e-9 relative), texts without blanks around
// them, objects in any order of keys.
bool SameData(const nlohmann::json& a, const nlohmann::json& b);

}  // namespace moebench
