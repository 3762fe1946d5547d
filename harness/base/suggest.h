// "Did you mean": the nearest of the known names, by Damerau-free edit distance (Levenshtein).
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace moebench {

// "did you mean 'interleave'?", or "one of: a, b, c" where nothing is near.
std::string SuggestName(std::string_view given, std::span<const std::string> known);

}  // namespace moebench
