#include "quality/checks.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/base/error.h"
#include "harness/base/suggest.h"
#include "quality/language.h"
#include "quality/regex.h"
#include "quality/text_units.h"

namespace moebench {
namespace {

using Json = nlohmann::json;
using Text = std::string_view;

std::string String(const Json& check, const char* key) { return check.at(key).get<std::string>(); }

bool InRange(size_t count, const Json& check) {
  const auto actual = static_cast<int64_t>(count);
  return actual >= check.value("min", int64_t{0}) && actual <= check.value("max", int64_t{1} << 40);
}

bool AnyStands(const Json& check, Text text) {
  const Json& texts = check.at("any");
  return std::any_of(texts.begin(), texts.end(), [&](const Json& wanted) {
    return Regex(EscapeForRegex(wanted.get<std::string>()), "check", Regex::kIgnoreCase)
        .Search(text);
  });
}

bool AnyWordStands(const Json& check, Text text) {
  const Json& words = check.at("any");
  return std::any_of(words.begin(), words.end(), [&](const Json& word) {
    return Regex("(?<!\\w)" + EscapeForRegex(word.get<std::string>()) + "(?!\\w)", "check",
                 Regex::kIgnoreCase)
        .Search(text);
  });
}

bool NumberStands(const Json& check, Text text) {
  const double wanted = check.at("value").get<double>();
  const double tolerance = check.value("tolerance", 0.0);
  const std::vector<double> numbers = Numbers(text);
  return std::any_of(numbers.begin(), numbers.end(),
                     [&](double number) { return std::abs(number - wanted) <= tolerance; });
}

size_t Occurrences(const std::string& wanted, Text text) {
  size_t count = 0;
  for (size_t at = text.find(wanted); at != Text::npos;
       at = text.find(wanted, at + wanted.size())) {
    ++count;
  }
  return count;
}

size_t ParagraphCount(Text text) {
  static const Regex blank_line("\\n\\s*\\n", "paragraphs");
  const std::vector<Text> parts = blank_line.Split(text);
  return static_cast<size_t>(
      std::count_if(parts.begin(), parts.end(), [](Text part) { return !Trim(part).empty(); }));
}

bool AllMatch(const std::vector<Text>& parts, const std::string& pattern) {
  const Regex regex(pattern, "check");
  return !parts.empty() &&
         std::all_of(parts.begin(), parts.end(), [&](Text part) { return regex.Search(part); });
}

bool LinePatterns(const Json& check, Text text) {
  const Json& patterns = check.at("patterns");
  const std::vector<Text> lines = NonBlankLines(text);
  if (lines.size() != patterns.size()) return false;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (!Regex(patterns[i].get<std::string>(), "check").Search(lines[i])) return false;
  }
  return true;
}

bool InOrder(const Json& check, Text text) {
  size_t at = 0;
  for (const Json& wanted : check.at("texts")) {
    const auto piece = wanted.get<std::string>();
    at = text.find(piece, at);
    if (at == Text::npos) return false;
    at += piece.size();
  }
  return true;
}

bool DistinctWords(const Json&, Text text) {
  std::set<std::string> seen;
  const std::vector<Text> words = Words(text);
  return std::all_of(words.begin(), words.end(),
                     [&](Text word) { return seen.insert(Fold(word)).second; });
}

bool SortedLines(const Json&, Text text) {
  std::vector<std::string> lines;
  for (const Text line : NonBlankLines(text)) lines.push_back(Fold(line));
  return std::is_sorted(lines.begin(), lines.end());
}

enum class Kind { kText, kTexts, kPattern, kPatterns, kCount, kNumber };

struct Argument {
  const char* key;
  Kind kind;
  bool needed;
};

struct CheckKind {
  std::vector<Argument> arguments;
  std::function<bool(const Json& check, Text text)> holds;
};

const std::vector<Argument> kRange = {{"min", Kind::kCount, false}, {"max", Kind::kCount, false}};

template <typename Counter>
CheckKind Counted(Counter counter) {
  return {kRange, [counter](const Json& c, Text t) { return InRange(counter(t), c); }};
}

template <typename Cutter>
CheckKind Each(Cutter cutter) {
  return {{{"pattern", Kind::kPattern, true}},
          [cutter](const Json& c, Text t) { return AllMatch(cutter(t), String(c, "pattern")); }};
}

const std::map<std::string, CheckKind>& Table() {
  static const auto* table = new std::map<std::string, CheckKind>{
      {"contains", {{{"any", Kind::kTexts, true}}, AnyStands}},
      {"forbids",
       {{{"any", Kind::kTexts, true}}, [](const Json& c, Text t) { return !AnyStands(c, t); }}},
      {"forbids_word",
       {{{"any", Kind::kTexts, true}}, [](const Json& c, Text t) { return !AnyWordStands(c, t); }}},
      {"number",
       {{{"value", Kind::kNumber, true}, {"tolerance", Kind::kNumber, false}}, NumberStands}},
      {"words", Counted([](Text t) { return BlankSeparated(t).size(); })},
      {"sentences", Counted([](Text t) { return Sentences(t).size(); })},
      {"lines", Counted([](Text t) { return NonBlankLines(t).size(); })},
      {"paragraphs", Counted(ParagraphCount)},
      {"characters", Counted([](Text t) { return CodePoints(Trim(t)); })},
      {"count",
       {{{"text", Kind::kText, true}, kRange[0], kRange[1]},
        [](const Json& c, Text t) { return InRange(Occurrences(String(c, "text"), t), c); }}},
      {"starts",
       {{{"text", Kind::kText, true}},
        [](const Json& c, Text t) { return Trim(t).starts_with(String(c, "text")); }}},
      {"ends",
       {{{"text", Kind::kText, true}},
        [](const Json& c, Text t) { return Trim(t).ends_with(String(c, "text")); }}},
      {"matches",
       {{{"pattern", Kind::kPattern, true}},
        [](const Json& c, Text t) { return Regex(String(c, "pattern"), "check").Search(t); }}},
      {"forbids_pattern",
       {{{"pattern", Kind::kPattern, true}},
        [](const Json& c, Text t) { return !Regex(String(c, "pattern"), "check").Search(t); }}},
      {"each_line", Each(NonBlankLines)},
      {"each_sentence", Each(Sentences)},
      {"each_word", Each(Words)},
      {"line_patterns", {{{"patterns", Kind::kPatterns, true}}, LinePatterns}},
      {"order", {{{"texts", Kind::kTexts, true}}, InOrder}},
      {"distinct_words", {{}, DistinctWords}},
      {"sorted_lines", {{}, SortedLines}},
      {"language",
       {{{"code", Kind::kText, true}},
        [](const Json& c, Text t) { return MainLanguage(t) == String(c, "code"); }}},
      {"script",
       {{{"name", Kind::kText, true}, {"min_share", Kind::kNumber, true}},
        [](const Json& c, Text t) {
          return ScriptShare(t, String(c, "name")) >= c.at("min_share").get<double>();
        }}},
  };
  return *table;
}

bool IsText(const Json& value) {
  return value.is_string() && !value.get_ref<const std::string&>().empty();
}

bool HasKind(const Json& value, Kind kind, const std::string& where) {
  switch (kind) {
    case Kind::kText:
      return IsText(value);
    case Kind::kTexts:
      return value.is_array() && !value.empty() && std::all_of(value.begin(), value.end(), IsText);
    case Kind::kPattern:
      if (!IsText(value)) return false;
      Regex(value.get<std::string>(), where);
      return true;
    case Kind::kPatterns:
      return value.is_array() && !value.empty() &&
             std::all_of(value.begin(), value.end(), [&](const Json& pattern) {
               return HasKind(pattern, Kind::kPattern, where);
             });
    case Kind::kCount:
      return value.is_number_integer() && value >= 0;
    case Kind::kNumber:
      return value.is_number();
  }
  return false;
}

}  // namespace

void RequireUsableCheck(const Json& check, const std::string& where) {
  if (!check.is_object() || !check.contains("check") || !check["check"].is_string()) {
    throw Error{"a check must be an object with 'check', its name", where};
  }
  const auto name = check["check"].get<std::string>();
  const auto found = Table().find(name);
  if (found == Table().end()) {
    std::vector<std::string> names;
    for (const auto& [known, kind] : Table()) names.push_back(known);
    throw Error{"'" + name + "' is no check", where, SuggestName(name, names)};
  }
  for (const Argument& argument : found->second.arguments) {
    const bool given = check.contains(argument.key);
    if (given ? !HasKind(check[argument.key], argument.kind, where) : argument.needed) {
      throw Error{"check '" + name + "': '" + argument.key + "' is missing or of the wrong kind",
                  where};
    }
  }
  for (const auto& [key, value] : check.items()) {
    const auto& known = found->second.arguments;
    if (key != "check" && std::none_of(known.begin(), known.end(),
                                       [&, k = key](const Argument& a) { return k == a.key; })) {
      throw Error{"check '" + name + "' knows no '" + key + "'", where};
    }
  }
  if (name == "script") ScriptShare("a", String(check, "name"));
}

bool CheckHolds(const Json& check, std::string_view text) {
  return Table().at(String(check, "check")).holds(check, text);
}

}  // namespace moebench
