#include "quality/grader.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "harness/base/error.h"
#include "harness/base/suggest.h"
#include "quality/checks.h"
#include "quality/choice_score.h"
#include "quality/degeneration.h"
#include "quality/extract.h"
#include "quality/ifeval.h"
#include "quality/json_text.h"
#include "quality/math_text.h"
#include "quality/regex.h"
#include "quality/text_units.h"

namespace moebench {
namespace {

using Json = nlohmann::json;

const std::vector<std::string>& Kinds() {
  static const std::vector<std::string> kinds = {"checks",  "choice",  "choices",  "code", "exact",
                                                 "ifeval",  "json",    "judge",    "list", "math",
                                                 "numeric", "pattern", "sequence", "set",  "text"};
  return kinds;
}

bool NeedsSpec(const std::string& kind) {
  return kind == "checks" || kind == "code" || kind == "ifeval" || kind == "json";
}

bool NeedsExpected(const std::string& kind) {
  return !NeedsSpec(kind) && kind != "pattern" && kind != "judge" && kind != "choices";
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

std::vector<std::string> Elements(std::string_view text) {
  static const Regex separator("[,;\\n\\x{3001}]", "list");
  static const Regex bullet("^\\s*(?:[-*\\x{2022}]|\\d+[.)])\\s+", "list");
  std::vector<std::string> elements;
  for (const std::string_view piece : separator.Split(text)) {
    std::string element = Fold(bullet.Split(piece).back());
    if (!element.empty()) elements.push_back(std::move(element));
  }
  return elements;
}

bool SameElements(const GraderRule& rule, std::string_view text) {
  std::vector<std::string> got = Elements(text), wanted;
  for (const std::string& element : rule.expected) wanted.push_back(Fold(element));
  if (rule.kind == "list") {
    std::sort(got.begin(), got.end());
    std::sort(wanted.begin(), wanted.end());
  }
  return got == wanted;
}

// What a rule says of a text: right or not, and why not in a few words.
struct Finding {
  bool right = false;
  std::string why;
};

Finding AnyExpected(const GraderRule& rule, const std::function<bool(const std::string&)>& same) {
  const std::string more = rule.expected.size() > 1 ? " or another" : "";
  return {std::any_of(rule.expected.begin(), rule.expected.end(), same),
          rule.kind + " '" + rule.expected[0] + "'" + more};
}

Finding JudgeJson(const Json& spec, std::string_view text) {
  const std::optional<Json> value = ParseJsonText(text);
  if (!value) return {false, "JSON, and this does not parse"};
  if (spec.contains("schema")) {
    const std::string problem = SchemaProblem(spec["schema"], *value, "schema");
    if (!problem.empty()) return {false, "JSON by the schema: " + problem};
  }
  if (spec.contains("equals") && !SameData(spec["equals"], *value)) {
    return {false, "the data " + spec["equals"].dump()};
  }
  return {true, "JSON"};
}

Finding JudgeIfeval(const Json& spec, std::string_view text) {
  Finding finding{true, "instructions:"};
  for (const Json& instruction : spec.at("instructions")) {
    const auto id = instruction.at("id").get<std::string>();
    const bool follows =
        FollowsInstruction(id, instruction.value("arguments", Json::object()), text);
    finding.right &= follows;
    finding.why += ' ' + id + (follows ? " yes" : " no");
  }
  return finding;
}

Finding JudgeChecks(const Json& spec, std::string_view text) {
  Finding finding{true, ""};
  for (const Json& check : spec.at("checks")) {
    if (CheckHolds(check, text)) continue;
    finding.right = false;
    finding.why += (finding.why.empty() ? "" : ", ") + check.dump();
  }
  if (finding.right) finding.why = "all checks";
  return finding;
}

Finding Judge(const GraderRule& rule, std::string_view text) {
  if (rule.kind == "exact" || rule.kind == "choice") {
    return AnyExpected(rule, [&](const auto& wanted) { return Trim(wanted) == Trim(text); });
  }
  if (rule.kind == "text") {
    return AnyExpected(rule, [&](const auto& wanted) { return Fold(wanted) == Fold(text); });
  }
  if (rule.kind == "math") {
    return AnyExpected(rule, [&](const auto& wanted) { return SameMath(wanted, text); });
  }
  if (rule.kind == "numeric") {
    const std::optional<double> got = FirstNumber(text);
    return AnyExpected(rule, [&](const auto& wanted) {
      return got && std::abs(*FirstNumber(wanted) - *got) <= rule.tolerance;
    });
  }
  if (rule.kind == "set") {
    return {SortedWords(rule.expected[0]) == SortedWords(text), "set '" + rule.expected[0] + "'"};
  }
  if (rule.kind == "list" || rule.kind == "sequence") {
    std::string all;
    for (const std::string& element : rule.expected) all += (all.empty() ? "" : ", ") + element;
    return {SameElements(rule, text), rule.kind + " '" + all + "'"};
  }
  if (rule.kind == "pattern") {
    return {Regex(rule.pattern, "pattern").Search(text), "pattern " + rule.pattern};
  }
  const Json spec = Json::parse(rule.spec);
  if (rule.kind == "json") return JudgeJson(spec, text);
  if (rule.kind == "ifeval") return JudgeIfeval(spec, text);
  return JudgeChecks(spec, text);
}

std::string HintOf(const GraderRule& rule) {
  return rule.kind == "code" ? Json::parse(rule.spec).value("entry", "") : "";
}

Grade GradeCode(const GraderRule& rule, Grade grade, const CodeRunner& run_code) {
  if (!run_code) {
    grade.outcome = "skipped(sandbox)";
    grade.detail = "no sandbox to run code in";
    return grade;
  }
  const CodeVerdict verdict = TestCode(Json::parse(rule.spec), grade.extracted, run_code);
  grade.outcome = !verdict.ran ? "skipped(sandbox)" : verdict.passed ? "right" : "wrong";
  grade.score = verdict.passed ? 1 : 0;
  grade.detail = verdict.why;
  return grade;
}

void RequireList(const Json& spec, const char* key, const std::string& where) {
  if (!spec.contains(key) || !spec[key].is_array() || spec[key].empty()) {
    throw Error{std::string("'") + key + "' must be a list with something in it", where};
  }
}

void CheckSpec(const GraderRule& rule, const std::string& where) {
  const Json spec = Json::parse(rule.spec, nullptr, /*allow_exceptions=*/false);
  if (!spec.is_object()) throw Error{"the grader needs a 'spec', an object", where};
  if (rule.kind == "code") RequireUsableCodeSpec(spec, where);
  if (rule.kind == "checks") {
    RequireList(spec, "checks", where);
    for (const Json& check : spec["checks"]) RequireUsableCheck(check, where);
  }
  if (rule.kind == "ifeval") {
    RequireList(spec, "instructions", where);
    for (const Json& instruction : spec["instructions"]) {
      if (!instruction.is_object() || !instruction.contains("id") ||
          !instruction["id"].is_string()) {
        throw Error{"an instruction needs an 'id'", where};
      }
      RequireUsableInstruction(instruction["id"], instruction.value("arguments", Json::object()),
                               where);
    }
  }
  if (rule.kind == "json") {
    if (!spec.contains("schema") && !spec.contains("equals")) {
      throw Error{"'spec' needs 'schema' or 'equals'", where};
    }
    if (spec.contains("schema")) SchemaProblem(spec["schema"], Json(), where);
  }
}

std::string Shown(const std::string& extracted, const std::string& rule) {
  constexpr size_t kMost = 80;
  if (rule.empty() || rule == "whole") return "";
  return extracted.size() <= kMost ? "'" + extracted + "', "
                                   : "'" + extracted.substr(0, kMost) + "...', ";
}

}  // namespace

bool IsGraded(std::string_view outcome) {
  return outcome != "unjudged" && !outcome.starts_with("skipped");
}

void CheckRule(const GraderRule& rule, const std::string& where) {
  if (std::find(Kinds().begin(), Kinds().end(), rule.kind) == Kinds().end()) {
    throw Error{"'" + rule.kind + "' is not a grader", where, SuggestName(rule.kind, Kinds())};
  }
  const std::vector<std::string>& rules = ExtractionRules();
  if (!rule.extract.empty() && std::find(rules.begin(), rules.end(), rule.extract) == rules.end()) {
    throw Error{"'" + rule.extract + "' is no way to find the answer", where,
                SuggestName(rule.extract, rules)};
  }
  if (NeedsSpec(rule.kind)) return CheckSpec(rule, where);
  if (rule.kind == "pattern") {
    if (rule.pattern.empty()) throw Error{"the pattern is empty", where, "it would match all"};
    Regex(rule.pattern, where);
    return;
  }
  if (rule.kind == "choices") NormOf(rule.spec, where);
  if (!NeedsExpected(rule.kind)) return;
  if (rule.expected.empty()) throw Error{"'expected' is empty", where, "give the right answer"};
  for (const std::string& text : rule.expected) {
    if (rule.kind == "numeric" && !FirstNumber(text)) {
      throw Error{"'" + text + "' holds no number", where, "the numeric grader compares numbers"};
    }
  }
}

Grade GradeAnswer(const GraderRule& rule, std::string_view answer, Finish finish,
                  const CodeRunner& run_code) {
  if (IsBlank(answer)) return {0, "empty", "no text", ""};
  if (finish == Finish::kLength) {
    if (IsLoop(answer)) return {0, "loop", "repeats itself up to the token limit", ""};
    return {0, "cut_off", "still open at the token limit", ""};
  }
  if (rule.kind == "judge" || rule.kind == "choices") {
    return {0, "unjudged", "not for a program to say", std::string(answer)};
  }
  const Extraction found = Extract(rule.extract, answer, HintOf(rule));
  Grade grade{0, "wrong", "", found.text};
  if (!found.found) {
    grade.detail = "nothing to grade by '" + rule.extract + "'";
  } else if (rule.kind == "code") {
    grade = GradeCode(rule, std::move(grade), run_code);
  } else {
    const Finding finding = Judge(rule, found.text);
    grade.score = finding.right ? 1 : 0;
    grade.outcome = finding.right ? "right" : "wrong";
    grade.detail = Shown(found.text, rule.extract) + (finding.right ? "" : "wanted ") + finding.why;
  }
  if (grade.outcome == "wrong" && IsLoop(answer)) grade.outcome = "loop";
  return grade;
}

}  // namespace moebench
