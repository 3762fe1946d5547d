// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace moebench {

// Bytes 1..4 of the character that begins at text[at]; 0 if none does; kUtf8Incomplete if the text
// ends within one that is right so far. at < text.size().
constexpr int kUtf8Incomplete = -1;
int Utf8Length(std::string_view text, size_t at);

// Each byte that belongs to no character becomes U+FFFD (as llama.cpp reads text).
std::string ReplaceInvalidUtf8(std::string_view text);
bool IsValidUtf8(std::string_view text);

// How many bytes at the end may still become a character: 0..3.
size_t IncompleteUtf8Tail(std::string_view text);

void AppendUtf8(std::string& to, uint32_t code_point);

}  // namespace moebench
