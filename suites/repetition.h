// How much of a text stood in it before: what prompt lookup can live on.
//   RepeatedShare("a b c d e f a b c d e")   // 1 of 7 5-grams: 0.14
// Pure, thread-safe.
#pragma once

#include <string_view>

namespace moebench {

// Share of the text's 5-grams that stood in it before, 0 to 1; 0 with fewer than 5 words. A word is
// a run of letters, digits and bytes beyond ASCII, or one other character that is no space. Real
// text has about a tenth, filler nearly 1 (upstream-retractions.md 5.2).
double RepeatedShare(std::string_view text);

}  // namespace moebench
