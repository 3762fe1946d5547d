#include "runners/native/tokenizer/byte_alphabet.h"

#include <array>
#include <cstdint>

#include "harness/base/utf8.h"

namespace moebench {
namespace {

constexpr uint32_t kLetters = 0x144;  // all are below
constexpr int kNoByte = -1;

// Printable Latin-1 stands for itself; the other 68 bytes, in order, are U+0100 and up.
constexpr std::array<uint32_t, 256> MakeLetters() {
  std::array<uint32_t, 256> letters{};
  uint32_t next = 0x100;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte != 0xad);
    letters[byte] = printable ? byte : next++;
  }
  return letters;
}
constexpr std::array<uint32_t, 256> kLetterOfByte = MakeLetters();

constexpr std::array<int, kLetters> MakeBytes() {
  std::array<int, kLetters> bytes{};
  for (int& byte : bytes) byte = kNoByte;
  for (int byte = 0; byte < 256; ++byte) bytes[kLetterOfByte[static_cast<size_t>(byte)]] = byte;
  return bytes;
}
constexpr std::array<int, kLetters> kByteOfLetter = MakeBytes();

}  // namespace

std::string LetterOfByte(unsigned char byte) {
  std::string letter;
  AppendUtf8(letter, kLetterOfByte[byte]);
  return letter;
}

std::string BytesOfSpelling(std::string_view text) {
  std::string bytes;
  for (size_t at = 0; at < text.size();) {
    const int length = Utf8Length(text, at);
    if (length != 1 && length != 2) return std::string(text);
    auto letter = static_cast<uint32_t>(static_cast<unsigned char>(text[at]));
    if (length == 2) {
      letter = (letter & 0x1f) << 6 | (static_cast<unsigned char>(text[at + 1]) & 0x3f);
    }
    if (letter >= kLetters || kByteOfLetter[letter] == kNoByte) return std::string(text);
    bytes += static_cast<char>(kByteOfLetter[letter]);
    at += static_cast<size_t>(length);
  }
  return bytes;
}

}  // namespace moebench
