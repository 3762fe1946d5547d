// Text from an untrusted process: what is valid UTF-8, and how it is shown to people.
// Pure functions; thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace moebench {

// Length in bytes (1..4) of the well-formed UTF-8 sequence at the start of text, 0 if there is none
// (Unicode 15.0, table 3-7: no overlong forms, no surrogates, at most U+10FFFF).
std::size_t Utf8SequenceLength(std::string_view text);

bool IsUtf8(std::string_view text);

// Every byte that is not part of a well-formed sequence becomes U+FFFD.
std::string ReplaceInvalidUtf8(std::string_view text);

// For terminals and reports: C0 and C1 controls, DEL, invalid bytes and bidirectional controls are
// shown as \x1b or \u202e; a line feed becomes \n. At most limit_bytes of input, then "...".
std::string EscapeForPeople(std::string_view text, std::size_t limit_bytes);

std::string ToHex(std::string_view bytes);
// Throws Error unless hex is an even number of hex digits.
std::string FromHex(std::string_view hex);

}  // namespace moebench
