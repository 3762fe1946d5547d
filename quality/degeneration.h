// Signs that a text has fallen apart, told by program. Pure functions over UTF-8 bytes.
#pragma once

#include <string_view>

namespace moebench {

// The longest stretch at the end of the text that is one unit repeated: bytes of the unit x times.
struct RepeatedSuffix {
  int unit_bytes = 0;
  int times = 0;
};
RepeatedSuffix FindRepeatedSuffix(std::string_view text);

// Share of word 4-grams that stood in the text before, 0..1; 0 for fewer than 8 words.
double RepeatedNgramShare(std::string_view text);

bool IsBlank(std::string_view text);

// True if the text ends in a loop: at least 4 repetitions that cover at least 24 bytes, or more
// than half of all 4-grams repeated in at least 32 words.
bool IsLoop(std::string_view text);

}  // namespace moebench
