#include "quality/grader.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <optional>

#include "harness/base/error.h"
#include "harness/base/suggest.h"
#include "quality/degeneration.h"

namespace moebench {
namespace {

using Regex = std::unique_ptr<pcre2_code, decltype(&pcre2_code_free)>;

// Work and memory a pattern may use on one answer, against patterns that explode.
constexpr uint32_t kMatchLimit = 1'000'000;

const std::vector<std::string>& Kinds() {
  static const std::vector<std::string> kinds = {"exact", "numeric", "pattern", "set"};
  return kinds;
}

Regex Compile(const std::string& pattern, const std::string& where) {
  int number = 0;
  PCRE2_SIZE offset = 0;
  Regex regex(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                            PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &number, &offset, nullptr),
              pcre2_code_free);
  if (!regex) {
    PCRE2_UCHAR message[256] = {};
    pcre2_get_error_message(number, message, sizeof message);
    throw Error{"the pattern can't be used: " + std::string(reinterpret_cast<char*>(message)) +
                    " at byte " + std::to_string(offset),
                where, "it is a PCRE2 regular expression"};
  }
  return regex;
}

bool Matches(const Regex& regex, std::string_view text) {
  std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> data(
      pcre2_match_data_create_from_pattern(regex.get(), nullptr), pcre2_match_data_free);
  std::unique_ptr<pcre2_match_context, decltype(&pcre2_match_context_free)> context(
      pcre2_match_context_create(nullptr), pcre2_match_context_free);
  CHECK(data && context);
  pcre2_set_match_limit(context.get(), kMatchLimit);
  return pcre2_match(regex.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0, 0,
                     data.get(), context.get()) > 0;
}

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::optional<double> FirstNumber(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (!digit) continue;
    const bool negative = i > 0 && text[i - 1] == '-';
    double value = 0;
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + text.size(), value,
                                              std::chars_format::fixed);
    if (error == std::errc() && std::isfinite(value)) return negative ? -value : value;
  }
  return std::nullopt;
}

std::vector<std::string> SortedWords(std::string_view text) {
  std::vector<std::string> words;
  size_t start = 0;
  while (start < text.size()) {
    const size_t end = std::min(text.find_first_of(" ,\t\r\n", start), text.size());
    if (end > start) words.emplace_back(text.substr(start, end - start));
    start = end + 1;
  }
  std::sort(words.begin(), words.end());
  return words;
}

bool IsRight(const GraderRule& rule, std::string_view answer) {
  const std::string_view trimmed = Trim(answer);
  if (rule.kind == "exact") {
    return std::any_of(rule.expected.begin(), rule.expected.end(),
                       [&](const std::string& text) { return Trim(text) == trimmed; });
  }
  if (rule.kind == "numeric") {
    const std::optional<double> got = FirstNumber(trimmed);
    return got && std::any_of(rule.expected.begin(), rule.expected.end(), [&](const auto& text) {
             return std::abs(*FirstNumber(text) - *got) <= rule.tolerance;
           });
  }
  if (rule.kind == "set") return SortedWords(rule.expected[0]) == SortedWords(trimmed);
  return Matches(Compile(rule.pattern, "pattern"), answer);
}

}  // namespace

void CheckRule(const GraderRule& rule, const std::string& where) {
  if (std::find(Kinds().begin(), Kinds().end(), rule.kind) == Kinds().end()) {
    throw Error{"'" + rule.kind + "' is not a grader", where, SuggestName(rule.kind, Kinds())};
  }
  if (rule.kind == "pattern") {
    if (rule.pattern.empty()) throw Error{"the pattern is empty", where, "it would match all"};
    Compile(rule.pattern, where);
    return;
  }
  if (rule.expected.empty()) throw Error{"'expected' is empty", where, "give the right answer"};
  for (const std::string& text : rule.expected) {
    if (rule.kind == "numeric" && !FirstNumber(text)) {
      throw Error{"'" + text + "' holds no number", where, "the numeric grader compares numbers"};
    }
  }
}

Grade GradeAnswer(const GraderRule& rule, std::string_view answer, Finish finish) {
  if (IsBlank(answer)) return {0, "empty", "no text"};
  if (finish == Finish::kLength) {
    if (IsLoop(answer)) return {0, "loop", "repeats itself up to the token limit"};
    return {0, "cut_off", "still open at the token limit"};
  }
  const bool right = IsRight(rule, answer);
  const std::string wanted = rule.kind == "pattern"
                                 ? "pattern " + rule.pattern
                                 : rule.kind + " '" + rule.expected[0] + "'" +
                                       (rule.expected.size() > 1 ? " or another" : "");
  if (right) return {1, "right", wanted};
  return {0, IsLoop(answer) ? "loop" : "wrong", "wanted " + wanted};
}

}  // namespace moebench
