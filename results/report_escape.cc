#include "results/report_escape.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace moebench {
namespace {

struct Decoded {
  uint32_t code_point = 0;
  size_t length = 0;  // bytes; 0 = not UTF-8
};

// One well-formed sequence at the start of bytes (Unicode 15, table 3-7: no overlong forms, no
// surrogates, nothing above U+10FFFF).
Decoded DecodeUtf8(std::string_view bytes) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  size_t length = 0;
  uint32_t code_point = 0;
  if (lead >= 0xc2 && lead <= 0xdf) {
    length = 2, code_point = lead & 0x1fu;
  } else if ((lead & 0xf0) == 0xe0) {
    length = 3, code_point = lead & 0x0fu;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    length = 4, code_point = lead & 0x07u;
  }
  if (length == 0 || length > bytes.size()) return {};
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code_point = (code_point << 6) | (byte(i) & 0x3fu);
  }
  const bool overlong =
      (length == 3 && code_point < 0x800) || (length == 4 && code_point < 0x10000);
  const bool surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
  if (overlong || surrogate || code_point > 0x10ffff) return {};
  return {code_point, length};
}

// Characters that change how others are shown, or that can't be seen at all. Joiners (U+200C,
// U+200D) and variation selectors stay: scripts and emoji need them.
bool IsHidden(uint32_t c) {
  return c == 0x00ad || c == 0x061c || c == 0x180e || c == 0x200b || c == 0x200e || c == 0x200f ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
         (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

bool IsControl(uint32_t c) { return c < 0x20 || (c >= 0x7f && c <= 0x9f); }

std::string FenceFor(std::string_view text) {
  size_t longest = 0, run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return std::string(std::max<size_t>(3, longest + 1), '`');
}

}  // namespace

std::string VisibleText(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const Decoded c = DecodeUtf8(bytes);
    if (c.length == 0) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(bytes[0]));
      bytes.remove_prefix(1);
      continue;
    }
    if (c.code_point == '\n' || c.code_point == '\t') {
      out += static_cast<char>(c.code_point);
    } else if (IsControl(c.code_point)) {
      out += fmt::format("\\x{:02x}", c.code_point);
    } else if (IsHidden(c.code_point)) {
      out += fmt::format("\\u{{{:04x}}}", c.code_point);
    } else {
      out += bytes.substr(0, c.length);
    }
    bytes.remove_prefix(c.length);
  }
  return out;
}

std::string VisibleLine(std::string_view bytes) {
  std::string out;
  for (const char c : VisibleText(bytes)) {
    if (c == '\n') {
      out += "↵";
    } else {
      out += c == '\t' ? ' ' : c;
    }
  }
  return out;
}

std::string MarkdownText(std::string_view bytes) {
  const std::string text = VisibleLine(bytes);
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const std::string_view rest = std::string_view(text).substr(i);
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '@') {
      out += "@&#8203;";  // GitHub looks for mentions after rendering: only a break stops them
    } else if (rest.starts_with("://")) {
      out += "&#58;";  // GitHub makes links of bare addresses
    } else if (rest.starts_with("www.") || rest.starts_with("WWW.")) {
      out += rest.substr(0, 3);
      out += "&#46;";
      i += 3;
    } else if (std::string_view("\\`*_[]!|#~$").find(c) != std::string_view::npos) {
      out += '\\';
      out += c;
    } else {
      out += c;
    }
  }
  return out;
}

std::string MarkdownFence(std::string_view bytes, std::string_view language) {
  const std::string text = VisibleText(bytes);
  const std::string fence = FenceFor(text);
  return fmt::format("{}{}\n{}\n{}\n", fence, language, text, fence);
}

std::string Shortened(std::string_view text, size_t limit_bytes) {
  if (text.size() <= limit_bytes) return std::string(text);
  size_t end = limit_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return fmt::format("{} … [{} more bytes, whole in the database]", text.substr(0, end),
                     text.size() - end);
}

std::string ShellWord(std::string_view word) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./,+:=%").find(c) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return std::string(word);
  std::string out = "'";
  for (const char c : word) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

}  // namespace moebench
