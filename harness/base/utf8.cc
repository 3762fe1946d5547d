#include "harness/base/utf8.h"

#include <algorithm>

namespace moebench {
namespace {

// The range of the second byte is where overlong forms, surrogates and too large values are told.
struct Lead {
  int length;
  unsigned char least_second, most_second;
};

Lead LeadOf(unsigned char byte) {
  if (byte < 0x80) return {1, 0, 0};
  if (byte < 0xc2) return {0, 0, 0};
  if (byte < 0xe0) return {2, 0x80, 0xbf};
  if (byte == 0xe0) return {3, 0xa0, 0xbf};
  if (byte == 0xed) return {3, 0x80, 0x9f};
  if (byte < 0xf0) return {3, 0x80, 0xbf};
  if (byte == 0xf0) return {4, 0x90, 0xbf};
  if (byte < 0xf4) return {4, 0x80, 0xbf};
  if (byte == 0xf4) return {4, 0x80, 0x8f};
  return {0, 0, 0};
}

// First byte from `at` on that begins no character; text.size() if all is well.
size_t FindInvalid(std::string_view text, size_t at) {
  while (at < text.size()) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const int length = Utf8Length(text, at);
    if (length <= 0) return at;
    at += static_cast<size_t>(length);
  }
  return at;
}

}  // namespace

int Utf8Length(std::string_view text, size_t at) {
  const Lead lead = LeadOf(static_cast<unsigned char>(text[at]));
  for (int i = 1; i < lead.length; ++i) {
    if (text.size() - at <= static_cast<size_t>(i)) return kUtf8Incomplete;
    const auto byte = static_cast<unsigned char>(text[at + static_cast<size_t>(i)]);
    const unsigned char least = i == 1 ? lead.least_second : 0x80;
    const unsigned char most = i == 1 ? lead.most_second : 0xbf;
    if (byte < least || byte > most) return 0;
  }
  return lead.length;
}

std::string ReplaceInvalidUtf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  size_t at = 0;
  while (at < text.size()) {
    const size_t invalid = FindInvalid(text, at);
    valid.append(text.substr(at, invalid - at));
    if (invalid == text.size()) break;
    AppendUtf8(valid, 0xfffd);
    at = invalid + 1;
  }
  return valid;
}

bool IsValidUtf8(std::string_view text) { return FindInvalid(text, 0) == text.size(); }

size_t IncompleteUtf8Tail(std::string_view text) {
  for (size_t n = 1; n <= std::min<size_t>(3, text.size()); ++n) {
    const size_t at = text.size() - n;
    if ((static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) continue;
    return Utf8Length(text, at) == kUtf8Incomplete ? n : 0;
  }
  return 0;
}

void AppendUtf8(std::string& to, uint32_t code_point) {
  const auto byte = [&](uint32_t value) { to += static_cast<char>(value); };
  if (code_point < 0x80) {
    byte(code_point);
  } else if (code_point < 0x800) {
    byte(0xc0 | code_point >> 6);
    byte(0x80 | (code_point & 0x3f));
  } else if (code_point < 0x10000) {
    byte(0xe0 | code_point >> 12);
    byte(0x80 | (code_point >> 6 & 0x3f));
    byte(0x80 | (code_point & 0x3f));
  } else {
    byte(0xf0 | code_point >> 18);
    byte(0x80 | (code_point >> 12 & 0x3f));
    byte(0x80 | (code_point >> 6 & 0x3f));
    byte(0x80 | (code_point & 0x3f));
  }
}

}  // namespace moebench
