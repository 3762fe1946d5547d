// GPT-2's printable alphabet for bytes: vocabularies of byte-level BPE spell the byte 0x20 as
// U+0120
// ("Ġ"), and so on (openai/gpt-2, encoder.py, bytes_to_unicode).
#pragma once

#include <string>
#include <string_view>

namespace moebench {

// The letter, in UTF-8, for a byte.
std::string LetterOfByte(unsigned char byte);

// The bytes that a token's text spells; the text itself where a character is none of the alphabet
// (added tokens such as "<｜User｜>").
std::string BytesOfSpelling(std::string_view text);

}  // namespace moebench
