#include "quality/text_units.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "harness/base/utf8.h"
#include "quality/regex.h"

namespace moebench {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Three digits and no fourth: what may follow a thousands comma.
bool IsThousandsGroup(std::string_view text, size_t at) {
  if (at + 3 > text.size()) return false;
  for (size_t i = at; i < at + 3; ++i) {
    if (!IsDigit(text[i])) return false;
  }
  return at + 3 == text.size() || !IsDigit(text[at + 3]);
}

// The number that begins with the digit text[at]; sets `end` behind it.
std::optional<double> NumberAt(std::string_view text, size_t at, size_t& end) {
  std::string digits;
  size_t i = at;
  while (i < text.size() && digits.size() < 400) {
    if (IsDigit(text[i])) {
      digits += text[i++];
    } else if (text[i] == ',' && IsThousandsGroup(text, i + 1)) {
      ++i;
    } else {
      break;
    }
  }
  if (i < text.size() && IsDigit(text[i])) {  // longer than any number that is meant
    while (i < text.size() && IsDigit(text[i])) ++i;
    end = i;
    return std::nullopt;
  }
  if (i + 1 < text.size() && text[i] == '.' && IsDigit(text[i + 1])) {
    digits += text[i++];
    while (i < text.size() && IsDigit(text[i]) && digits.size() < 400) digits += text[i++];
  }
  if (i + 1 < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    size_t j = i + 1;
    if (j + 1 < text.size() && (text[j] == '-' || text[j] == '+')) ++j;
    if (IsDigit(text[j])) {
      std::string exponent(1, 'e');
      if (text[i + 1] == '-') exponent += '-';
      while (j < text.size() && IsDigit(text[j]) && exponent.size() < 8) exponent += text[j++];
      if (j == text.size() || !IsLetter(text[j])) {
        digits += exponent;
        i = j;
      }
    }
  }
  end = i;
  double value = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  return value;
}

bool HasMinusBefore(std::string_view text, size_t at) {
  constexpr std::string_view kMinus = "\xe2\x88\x92";  // U+2212
  size_t sign = 0;
  if (at >= 1 && text[at - 1] == '-') {
    sign = at - 1;
  } else if (at >= kMinus.size() && text.substr(at - kMinus.size(), kMinus.size()) == kMinus) {
    sign = at - kMinus.size();
  } else {
    return false;
  }
  // 5-3 is a difference and item-3 a name, not minus three.
  return sign == 0 || (!IsDigit(text[sign - 1]) && !IsLetter(text[sign - 1]));
}

// Abbreviations of English text that end in a full stop within a sentence.
bool IsAbbreviation(std::string_view word) {
  static constexpr std::array<std::string_view, 22> kKnown = {
      "mr",  "mrs", "ms",  "dr",  "prof", "st",  "sr",  "jr",  "vs",     "etc",  "no",
      "e.g", "i.e", "inc", "ltd", "co",   "fig", "jan", "feb", "approx", "dept", "gen"};
  if (word.size() == 1 && IsLetter(word[0])) return true;  // an initial
  std::string small;
  for (const char c : word) small += Lower(c);
  return std::find(kKnown.begin(), kKnown.end(), small) != kKnown.end();
}

}  // namespace

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string Fold(std::string_view text) {
  std::string folded;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    // Typographic quotes U+2018, U+2019, U+201C, U+201D.
    if (c == '\xe2' && i + 2 < text.size() && text[i + 1] == '\x80' &&
        std::string_view("\x98\x99\x9c\x9d").find(text[i + 2]) != std::string_view::npos) {
      i += 2;
      continue;
    }
    if (std::string_view("*_`$\"'").find(c) != std::string_view::npos) continue;
    const bool blank = kBlanks.find(c) != std::string_view::npos;
    if (blank && (folded.empty() || folded.back() == ' ')) continue;
    folded += blank ? ' ' : Lower(c);
  }
  constexpr std::string_view kEnds = " .,;:!?()[]{}";
  const size_t first = folded.find_first_not_of(kEnds);
  if (first == std::string::npos) return "";
  return folded.substr(first, folded.find_last_not_of(kEnds) - first + 1);
}

std::vector<std::string_view> NonBlankLines(std::string_view text) {
  std::vector<std::string_view> lines;
  size_t start = 0;
  while (start < text.size()) {
    const size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = Trim(text.substr(start, end - start));
    if (!line.empty()) lines.push_back(line);
    start = end + 1;
  }
  return lines;
}

std::vector<std::string_view> Words(std::string_view text) {
  static const Regex word("\\w+", "words");
  return word.FindAll(text);
}

std::vector<std::string_view> BlankSeparated(std::string_view text) {
  std::vector<std::string_view> words;
  size_t start = 0;
  while (start < text.size()) {
    const size_t end = std::min(text.find_first_of(kBlanks, start), text.size());
    if (end > start) words.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return words;
}

std::vector<std::string_view> Sentences(std::string_view text) {
  static const Regex end("[.!?\\x{3002}\\x{FF01}\\x{FF1F}\\x{2026}]+[\"'\\x{201D}\\x{2019})\\]*_]*",
                         "sentence ends");
  std::vector<std::string_view> sentences;
  const auto keep = [&](std::string_view piece) {
    piece = Trim(piece);
    if (!Words(piece).empty()) sentences.push_back(piece);
  };
  static const Regex paragraph("\\n\\s*\\n", "paragraphs");
  for (const std::string_view part : paragraph.Split(text)) {
    size_t start = 0;
    for (const std::string_view mark : end.FindAll(part)) {
      const size_t at = static_cast<size_t>(mark.data() - part.data());
      const size_t behind = at + mark.size();
      const bool wide = static_cast<unsigned char>(mark[0]) >= 0x80 && mark[0] != '\xe2';
      if (!wide && behind < part.size() && kBlanks.find(part[behind]) == std::string_view::npos) {
        continue;
      }
      if (mark == "." && behind < part.size()) {
        const std::string_view before = part.substr(start, at - start);
        const size_t blank = before.find_last_of(" \t\r\n(\"");
        const std::string_view word =
            blank == std::string_view::npos ? before : before.substr(blank + 1);
        const bool number = !word.empty() && std::all_of(word.begin(), word.end(), IsDigit);
        const bool list_mark = number && Trim(before) == word;  // "1. First"
        if (IsAbbreviation(word) || list_mark) continue;
      }
      keep(part.substr(start, behind - start));
      start = behind;
    }
    keep(part.substr(start));
  }
  return sentences;
}

size_t CodePoints(std::string_view text) {
  size_t count = 0;
  for (size_t at = 0; at < text.size(); ++count) {
    at += static_cast<size_t>(std::max(1, Utf8Length(text, at)));
  }
  return count;
}

std::vector<double> Numbers(std::string_view text) {
  std::vector<double> numbers;
  for (size_t i = 0; i < text.size();) {
    if (!IsDigit(text[i])) {
      ++i;
      continue;
    }
    size_t end = i + 1;
    std::optional<double> value = NumberAt(text, i, end);
    const bool negative = HasMinusBefore(text, i);
    const bool slash_before = i > 0 && text[i - 1] == '/';
    if (value && !slash_before && end + 1 < text.size() && text[end] == '/' &&
        IsDigit(text[end + 1])) {
      size_t second_end = 0;
      const std::optional<double> below = NumberAt(text, end + 1, second_end);
      const bool date = second_end < text.size() && text[second_end] == '/';
      if (below && *below != 0 && !date) {
        value = *value / *below;
        end = second_end;
      }
    }
    if (value) numbers.push_back(negative ? -*value : *value);
    i = std::max(end, i + 1);
  }
  return numbers;
}

std::optional<double> FirstNumber(std::string_view text) {
  const std::vector<double> numbers = Numbers(text);
  return numbers.empty() ? std::nullopt : std::optional(numbers.front());
}

}  // namespace moebench
