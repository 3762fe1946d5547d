#include "quality/ifeval.h"

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/base/error.h"
#include "harness/base/suggest.h"
#include "quality/json_text.h"
#include "quality/language.h"
#include "quality/regex.h"
#include "quality/text_units.h"

namespace moebench {
namespace {

using Json = nlohmann::json;
using Text = std::string_view;

constexpr unsigned kAnyCase = Regex::kIgnoreCase;

std::string Lower(Text text) {
  std::string small(text);
  std::transform(small.begin(), small.end(), small.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return small;
}

std::string String(const Json& arguments, const char* key) {
  return std::string(Trim(arguments.at(key).get_ref<const std::string&>()));
}

int64_t Integer(const Json& arguments, const char* key) {
  return static_cast<int64_t>(arguments.at(key).get<double>());
}

size_t Count(const std::string& pattern, Text text, unsigned flags = Regex::kNone) {
  return Regex(pattern, "ifeval", flags).FindAll(text).size();
}

bool Holds(size_t count, const Json& arguments, const char* number, const char* relation) {
  const auto actual = static_cast<int64_t>(count);
  const int64_t wanted = Integer(arguments, number);
  return String(arguments, relation) == "less than" ? actual < wanted : actual >= wanted;
}

// Python's str.isupper and str.islower: one cased letter at least, and none of the other case.
bool IsAll(Text text, const std::string& wanted, const std::string& other) {
  return Regex("\\p{" + wanted + "}", "ifeval").Search(text) &&
         !Regex("[\\p{" + other + "}\\p{Lt}]", "ifeval").Search(text);
}

bool IsEnglish(Text text) {
  const std::string language = MainLanguage(text);
  return language.empty() || language == "en";
}

bool AnyOf(const Json& texts, const std::function<bool(const std::string&)>& test) {
  return std::any_of(texts.begin(), texts.end(),
                     [&](const Json& text) { return test(text.get<std::string>()); });
}

// IFEval's keywords are patterns; those of the published file are plain words.
bool FindsKeyword(const std::string& word, Text text) {
  return Regex(EscapeForRegex(word), "ifeval", kAnyCase).Search(text);
}

bool Paragraphs(const Json& arguments, Text text) {
  const std::vector<Text> parts = Regex("\\s?\\*\\*\\*\\s?", "ifeval").Split(text);
  auto count = static_cast<int64_t>(parts.size());
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!Trim(parts[i]).empty()) continue;
    if (i != 0 && i + 1 != parts.size()) return false;
    --count;
  }
  return count == Integer(arguments, "num_paragraphs");
}

bool NthParagraphFirstWord(const Json& arguments, Text text) {
  const std::vector<Text> parts = Regex("\\n\\n", "ifeval").Split(text);
  const auto count =
      std::count_if(parts.begin(), parts.end(), [](Text part) { return !Trim(part).empty(); });
  const int64_t nth = Integer(arguments, "nth_paragraph");
  if (nth < 1 || nth > count) return false;
  const Text paragraph = Trim(parts[static_cast<size_t>(nth - 1)]);
  if (paragraph.empty()) return false;
  Text word = BlankSeparated(paragraph).front();
  word.remove_prefix(std::min(word.find_first_not_of('\''), word.size()));
  word.remove_prefix(std::min(word.find_first_not_of('"'), word.size()));
  word = word.substr(0, word.find_first_of(".,?!'\""));
  return count == Integer(arguments, "num_paragraphs") &&
         Lower(word) == Lower(String(arguments, "first_word"));
}

bool HighlightedSections(const Json& arguments, Text text) {
  int64_t count = 0;
  for (Text part : Regex("\\*[^\\n\\*]*\\*", "ifeval").FindAll(text)) {
    part.remove_prefix(1);
    part.remove_suffix(1);
    count += Trim(part).empty() ? 0 : 1;
  }
  for (Text part : Regex("\\*\\*[^\\n\\*]*\\*\\*", "ifeval").FindAll(text)) {
    count += Trim(part.substr(2, part.size() - 4)).empty() ? 0 : 1;
  }
  return count >= Integer(arguments, "num_highlights");
}

bool Sections(const Json& arguments, Text text) {
  const std::string splitter = EscapeForRegex(String(arguments, "section_spliter"));
  const std::vector<Text> parts = Regex("\\s?" + splitter + "\\s?\\d+\\s?", "ifeval").Split(text);
  return static_cast<int64_t>(parts.size()) - 1 >= Integer(arguments, "num_sections");
}

bool Postscript(const Json& arguments, Text text) {
  const std::string marker = String(arguments, "postscript_marker");
  std::string pattern = "\\s*" + EscapeForRegex(Lower(marker)) + ".*$";
  if (marker == "P.P.S") pattern = "\\s*p\\.\\s?p\\.\\s?s.*$";
  if (marker == "P.S.") pattern = "\\s*p\\.\\s?s\\..*$";
  return Regex(pattern, "ifeval", Regex::kMultiLine).Search(Lower(text));
}

bool JsonFormat(const Json&, Text text) {
  text = Trim(text);
  for (const Text fence : {"```json", "```Json", "```JSON", "```"}) {
    if (text.starts_with(fence)) text.remove_prefix(fence.size());
  }
  if (text.ends_with("```")) text.remove_suffix(3);
  return ParseJsonText(text).has_value();
}

bool Title(const Json&, Text text) {
  const std::vector<Text> titles = Regex("<<[^\\n]+>>", "ifeval").FindAll(text);
  return std::any_of(titles.begin(), titles.end(), [](Text title) {
    const size_t first = title.find_first_not_of('<');
    const size_t last = title.find_last_not_of('>');
    if (first == Text::npos || last == Text::npos || last < first) return false;
    return !Trim(title.substr(first, last - first + 1)).empty();
  });
}

bool TwoResponses(const Json&, Text text) {
  const std::vector<Text> parts = Regex("\\*\\*\\*\\*\\*\\*", "ifeval").Split(text);
  std::vector<Text> responses;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!Trim(parts[i]).empty()) {
      responses.push_back(Trim(parts[i]));
    } else if (i != 0 && i + 1 != parts.size()) {
      return false;
    }
  }
  return responses.size() == 2 && responses[0] != responses[1];
}

bool EndsWithPhrase(const Json& arguments, Text text) {
  text = Trim(text);
  while (text.starts_with('"')) text.remove_prefix(1);
  while (text.ends_with('"')) text.remove_suffix(1);
  return Lower(text).ends_with(Lower(Trim(String(arguments, "end_phrase"))));
}

bool BulletLists(const Json& arguments, Text text) {
  const size_t stars = Count("^\\s*\\*[^\\*].*$", text, Regex::kMultiLine);
  const size_t dashes = Count("^\\s*-.*$", text, Regex::kMultiLine);
  return static_cast<int64_t>(stars + dashes) == Integer(arguments, "num_bullets");
}

enum class Kind { kInteger, kString, kStrings };

struct Instruction {
  std::vector<std::pair<const char*, Kind>> arguments;
  std::function<bool(const Json& arguments, Text text)> follows;
};

const std::map<std::string, Instruction>& Table() {
  static const auto* table = new std::map<std::string, Instruction>{
      {"keywords:existence",
       {{{"keywords", Kind::kStrings}},
        [](const Json& a, Text t) {
          return !AnyOf(a.at("keywords"), [&](const auto& w) { return !FindsKeyword(w, t); });
        }}},
      {"keywords:frequency",
       {{{"keyword", Kind::kString}, {"frequency", Kind::kInteger}, {"relation", Kind::kString}},
        [](const Json& a, Text t) {
          return Holds(Count(EscapeForRegex(String(a, "keyword")), t, kAnyCase), a, "frequency",
                       "relation");
        }}},
      {"keywords:forbidden_words",
       {{{"forbidden_words", Kind::kStrings}},
        [](const Json& a, Text t) {
          return !AnyOf(a.at("forbidden_words"), [&](const auto& word) {
            return Regex("\\b" + EscapeForRegex(word) + "\\b", "ifeval", kAnyCase).Search(t);
          });
        }}},
      {"keywords:letter_frequency",
       {{{"letter", Kind::kString},
         {"let_frequency", Kind::kInteger},
         {"let_relation", Kind::kString}},
        [](const Json& a, Text t) {
          return Holds(Count(EscapeForRegex(Lower(String(a, "letter"))), Lower(t)), a,
                       "let_frequency", "let_relation");
        }}},
      {"language:response_language",
       {{{"language", Kind::kString}},
        [](const Json& a, Text t) {
          const std::string language = MainLanguage(t);
          const std::string wanted = String(a, "language");
          return language.empty() || language == wanted.substr(0, wanted.find('-'));
        }}},
      {"length_constraints:number_sentences",
       {{{"num_sentences", Kind::kInteger}, {"relation", Kind::kString}},
        [](const Json& a, Text t) {
          return Holds(Sentences(t).size(), a, "num_sentences", "relation");
        }}},
      {"length_constraints:number_paragraphs", {{{"num_paragraphs", Kind::kInteger}}, Paragraphs}},
      {"length_constraints:number_words",
       {{{"num_words", Kind::kInteger}, {"relation", Kind::kString}},
        [](const Json& a, Text t) { return Holds(Words(t).size(), a, "num_words", "relation"); }}},
      {"length_constraints:nth_paragraph_first_word",
       {{{"num_paragraphs", Kind::kInteger},
         {"nth_paragraph", Kind::kInteger},
         {"first_word", Kind::kString}},
        NthParagraphFirstWord}},
      {"detectable_content:number_placeholders",
       {{{"num_placeholders", Kind::kInteger}},
        [](const Json& a, Text t) {
          return static_cast<int64_t>(Count("\\[.*?\\]", t)) >= Integer(a, "num_placeholders");
        }}},
      {"detectable_content:postscript", {{{"postscript_marker", Kind::kString}}, Postscript}},
      {"detectable_format:number_bullet_lists", {{{"num_bullets", Kind::kInteger}}, BulletLists}},
      {"detectable_format:constrained_response",
       {{},
        [](const Json&, Text t) {
          return t.find("My answer is yes.") != Text::npos ||
                 t.find("My answer is no.") != Text::npos ||
                 t.find("My answer is maybe.") != Text::npos;
        }}},
      {"detectable_format:number_highlighted_sections",
       {{{"num_highlights", Kind::kInteger}}, HighlightedSections}},
      {"detectable_format:multiple_sections",
       {{{"section_spliter", Kind::kString}, {"num_sections", Kind::kInteger}}, Sections}},
      {"detectable_format:json_format", {{}, JsonFormat}},
      {"detectable_format:title", {{}, Title}},
      {"combination:two_responses", {{}, TwoResponses}},
      {"combination:repeat_prompt",
       {{{"prompt_to_repeat", Kind::kString}},
        [](const Json& a, Text t) {
          return Lower(Trim(t)).starts_with(Lower(Trim(String(a, "prompt_to_repeat"))));
        }}},
      {"startend:end_checker", {{{"end_phrase", Kind::kString}}, EndsWithPhrase}},
      {"startend:quotation",
       {{},
        [](const Json&, Text t) {
          t = Trim(t);
          return t.size() > 1 && t.front() == '"' && t.back() == '"';
        }}},
      {"change_case:capital_word_frequency",
       {{{"capital_frequency", Kind::kInteger}, {"capital_relation", Kind::kString}},
        [](const Json& a, Text t) {
          size_t count = 0;
          // NLTK's words: runs without blanks or punctuation, hyphens within.
          for (const Text word : Regex("\\w+(?:-\\w+)*", "ifeval").FindAll(t)) {
            count += IsAll(word, "Lu", "Ll") ? 1 : 0;
          }
          return Holds(count, a, "capital_frequency", "capital_relation");
        }}},
      {"change_case:english_capital",
       {{}, [](const Json&, Text t) { return IsAll(t, "Lu", "Ll") && IsEnglish(Lower(t)); }}},
      {"change_case:english_lowercase",
       {{}, [](const Json&, Text t) { return IsAll(t, "Ll", "Lu") && IsEnglish(t); }}},
      {"punctuation:no_comma", {{}, [](const Json&, Text t) { return t.find(',') == Text::npos; }}},
  };
  return *table;
}

bool HasKind(const Json& value, Kind kind) {
  if (kind == Kind::kInteger) {
    return value.is_number() && value >= 0 && value <= 1e9;
  }
  if (kind == Kind::kString)
    return value.is_string() && !value.get_ref<const std::string&>().empty();
  return value.is_array() && !value.empty() &&
         std::all_of(value.begin(), value.end(), [](const Json& text) { return text.is_string(); });
}

}  // namespace

const std::vector<std::string>& IfevalInstructions() {
  static const auto* names = [] {
    auto* list = new std::vector<std::string>;
    for (const auto& [name, instruction] : Table()) list->push_back(name);
    return list;
  }();
  return *names;
}

void RequireUsableInstruction(const std::string& id, const Json& arguments,
                              const std::string& where) {
  const auto found = Table().find(id);
  if (found == Table().end()) {
    throw Error{"'" + id + "' is no IFEval instruction", where,
                SuggestName(id, IfevalInstructions())};
  }
  for (const auto& [key, kind] : found->second.arguments) {
    if (!arguments.is_object() || !arguments.contains(key) || !HasKind(arguments[key], kind)) {
      throw Error{"'" + id + "' needs '" + key + "'", where,
                  kind == Kind::kInteger  ? "a number"
                  : kind == Kind::kString ? "a text"
                                          : "a list of texts"};
    }
  }
}

bool FollowsInstruction(const std::string& id, const Json& arguments, std::string_view answer) {
  if (Trim(answer).empty()) return false;
  return Table().at(id).follows(arguments, answer);
}

}  // namespace moebench
