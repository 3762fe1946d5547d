// Which language and script a text is in. CLD2 lives only here.
#pragma once

#include <string>
#include <string_view>

namespace moebench {

// ISO 639-1 code of the main language (zh for all Chinese), best effort; empty if the text has too
// little to tell by.
std::string MainLanguage(std::string_view text);

// Share of letters that are of the Unicode script (Latin, Hangul, Han, Cyrillic...), 0..1; 1 for a
// text without letters. Throws Error on an unknown script.
double ScriptShare(std::string_view text, const std::string& script);

}  // namespace moebench
