#include "quality/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>

#include "harness/base/error.h"
#include "harness/base/utf8.h"

namespace moebench {
namespace {

// Work and memory a pattern may use on one answer, against patterns that explode.
constexpr uint32_t kMatchLimit = 1'000'000;
constexpr uint32_t kDepthLimit = 100'000;
constexpr uint32_t kHeapLimitKib = 64 << 10;
constexpr size_t kMostMatches = 100'000;

}  // namespace

struct Regex::Code {
  explicit Code(pcre2_code* compiled) : code(compiled) {}
  ~Code() { pcre2_code_free(code); }
  Code(const Code&) = delete;
  Code& operator=(const Code&) = delete;
  pcre2_code* code;
};

Regex::Regex(const std::string& pattern, const std::string& where, unsigned flags) {
  uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
  if (flags & kIgnoreCase) options |= PCRE2_CASELESS;
  if (flags & kMultiLine) options |= PCRE2_MULTILINE;
  if (flags & kDotAll) options |= PCRE2_DOTALL;
  int number = 0;
  PCRE2_SIZE offset = 0;
  pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                   options, &number, &offset, nullptr);
  if (!code) {
    PCRE2_UCHAR message[256] = {};
    pcre2_get_error_message(number, message, sizeof message);
    throw Error{"the pattern can't be used: " + std::string(reinterpret_cast<char*>(message)) +
                    " at byte " + std::to_string(offset),
                where, "it is a PCRE2 regular expression"};
  }
  code_ = std::make_shared<const Code>(code);
}

std::vector<Regex::Match> Regex::Matches(std::string_view text, size_t most) const {
  std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> data(
      pcre2_match_data_create_from_pattern(code_->code, nullptr), pcre2_match_data_free);
  std::unique_ptr<pcre2_match_context, decltype(&pcre2_match_context_free)> context(
      pcre2_match_context_create(nullptr), pcre2_match_context_free);
  CHECK(data && context);
  pcre2_set_match_limit(context.get(), kMatchLimit);
  pcre2_set_depth_limit(context.get(), kDepthLimit);
  pcre2_set_heap_limit(context.get(), kHeapLimitKib);
  std::vector<Match> matches;
  size_t at = 0;
  while (at <= text.size() && matches.size() < most) {
    const int groups = pcre2_match(code_->code, reinterpret_cast<PCRE2_SPTR>(text.data()),
                                   text.size(), at, 0, data.get(), context.get());
    if (groups <= 0) break;
    const PCRE2_SIZE* spans = pcre2_get_ovector_pointer(data.get());
    Match match{spans[0], spans[1], spans[0], spans[1]};
    if (groups > 1 && spans[2] != PCRE2_UNSET) {
      match.group_begin = spans[2];
      match.group_end = spans[3];
    }
    // \K in a look-around can place the start behind the end.
    if (match.end < match.begin || match.end < at) break;
    matches.push_back(match);
    at = match.end;
    if (match.end == match.begin) {
      if (at == text.size()) break;
      at += static_cast<size_t>(std::max(1, Utf8Length(text, at)));
    }
  }
  return matches;
}

bool Regex::Search(std::string_view text) const { return !Matches(text, 1).empty(); }

std::vector<std::string_view> Regex::FindAll(std::string_view text) const {
  std::vector<std::string_view> found;
  for (const Match& match : Matches(text, kMostMatches)) {
    found.push_back(text.substr(match.group_begin, match.group_end - match.group_begin));
  }
  return found;
}

std::vector<std::string_view> Regex::Split(std::string_view text) const {
  std::vector<std::string_view> pieces;
  size_t start = 0;
  for (const Match& match : Matches(text, kMostMatches)) {
    pieces.push_back(text.substr(start, match.begin - start));
    start = match.end;
  }
  pieces.push_back(text.substr(start));
  return pieces;
}

std::string EscapeForRegex(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (std::string_view("\\^$.|?*+()[]{}#-").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace moebench
