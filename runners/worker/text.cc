#include "runners/worker/text.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>

#include "harness/base/error.h"
#include "harness/base/utf8.h"

namespace moebench {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

unsigned char At(std::string_view text, std::size_t i) {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
}

uint32_t CodePoint(std::string_view sequence) {
  constexpr unsigned char kLeadMask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  uint32_t code = At(sequence, 0) & kLeadMask[sequence.size()];
  for (std::size_t i = 1; i < sequence.size(); ++i) code = (code << 6) | (At(sequence, i) & 0x3fu);
  return code;
}

// Characters that move the cursor, change colours or turn the reading direction.
bool IsControl(uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x200e || code == 0x200f ||
         code == 0x2028 || code == 0x2029 || (code >= 0x202a && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

std::string EscapedControl(uint32_t code) {
  if (code == '\n') return "\\n";
  if (code == '\t') return "\\t";
  char text[12];
  std::snprintf(text, sizeof text, code < 0x100 ? "\\x%02x" : "\\u%04x", code);
  return text;
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string EscapeForPeople(std::string_view text, std::size_t limit_bytes) {
  const bool cut = text.size() > limit_bytes;
  text = text.substr(0, limit_bytes);
  std::string out;
  while (!text.empty()) {
    const auto n = static_cast<std::size_t>(std::max(0, Utf8Length(text, 0)));
    if (n == 0) {
      out += EscapedControl(At(text, 0));
    } else if (const uint32_t code = CodePoint(text.substr(0, n)); IsControl(code)) {
      out += EscapedControl(code);
    } else {
      out += text.substr(0, n);
    }
    text.remove_prefix(n == 0 ? 1 : n);
  }
  return cut ? out + "..." : out;
}

std::string ToHex(std::string_view bytes) {
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kHexDigits[byte >> 4];
    hex += kHexDigits[byte & 15];
  }
  return hex;
}

std::string FromHex(std::string_view hex) {
  if (hex.size() % 2 != 0) throw Error{"an odd number of hex digits", ""};
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int hi = HexValue(hex[i]), lo = HexValue(hex[i + 1]);
    if (hi < 0 || lo < 0) throw Error{"not a hex digit at " + std::to_string(i), ""};
    bytes += static_cast<char>(hi * 16 + lo);
  }
  return bytes;
}

}  // namespace moebench
