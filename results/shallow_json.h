// JSON that a database holds, which may be anybody's.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace moebench {

// What is nested deeper than any record of ours (32) is left out, for whoever walks over it
// recurses. Discarded if it isn't JSON.
nlohmann::json ParsedJson(const std::string& text);

}  // namespace moebench
