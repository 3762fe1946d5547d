// Text from an untrusted process, as it is shown to people and as it travels.
// Pure functions; thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace moebench {

// For terminals and reports: C0 and C1 controls, DEL, invalid bytes and bidirectional controls are
// shown as \x1b or \u202e; a line feed becomes \n. At most limit_bytes of input, then "...".
std::string EscapeForPeople(std::string_view text, std::size_t limit_bytes);

std::string ToHex(std::string_view bytes);
// Throws Error unless hex is an even number of hex digits.
std::string FromHex(std::string_view hex);

}  // namespace moebench
