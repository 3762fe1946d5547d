#include "runners/native/tokenizer/byte_alphabet.h"

#include <array>
#include <map>

#include "runners/native/tokenizer/utf8.h"

namespace moebench {
namespace {

// Printable Latin-1 stands for itself; the other 68 bytes, in order, are U+0100 and up.
std::array<std::string, 256> MakeLetters() {
  std::array<std::string, 256> letters;
  uint32_t next = 0x100;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte != 0xad);
    AppendUtf8(letters[byte], printable ? byte : next++);
  }
  return letters;
}

const std::array<std::string, 256>& Letters() {
  static const std::array<std::string, 256> letters = MakeLetters();
  return letters;
}

std::map<std::string, char, std::less<>> MakeBytes() {
  std::map<std::string, char, std::less<>> bytes;
  for (size_t byte = 0; byte < 256; ++byte) bytes[Letters()[byte]] = static_cast<char>(byte);
  return bytes;
}

}  // namespace

std::string LetterOfByte(unsigned char byte) { return Letters()[byte]; }

std::string BytesOfSpelling(std::string_view text) {
  static const std::map<std::string, char, std::less<>> byte_of = MakeBytes();
  std::string bytes;
  for (size_t at = 0; at < text.size();) {
    const int length = Utf8Length(text, at);
    if (length <= 0) return std::string(text);
    const auto found = byte_of.find(text.substr(at, static_cast<size_t>(length)));
    if (found == byte_of.end()) return std::string(text);
    bytes += found->second;
    at += static_cast<size_t>(length);
  }
  return bytes;
}

}  // namespace moebench
