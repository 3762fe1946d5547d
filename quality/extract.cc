#include "quality/extract.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "quality/json_text.h"
#include "quality/regex.h"
#include "quality/text_units.h"

namespace moebench {
namespace {

std::string_view BehindThinking(std::string_view answer) {
  constexpr std::string_view kEnd = "</think>";
  const size_t end = answer.rfind(kEnd);
  return end == std::string_view::npos ? answer : answer.substr(end + kEnd.size());
}

std::string_view WithoutMarks(std::string_view text) {
  constexpr std::string_view kMarks = " \t\r\n*_`$";
  const size_t first = text.find_first_not_of(kMarks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kMarks) - first + 1);
}

Extraction AnswerLine(std::string_view answer) {
  static const Regex label("(?:answer|정답|답)\\s*[*_]*\\s*[:：]", "answer-line",
                           Regex::kIgnoreCase);
  const std::vector<std::string_view> labels = label.FindAll(answer);
  if (labels.empty()) return {};
  std::string_view rest = answer.substr(static_cast<size_t>(labels.back().data() - answer.data()) +
                                        labels.back().size());
  const std::string_view same_line = WithoutMarks(rest.substr(0, rest.find('\n')));
  if (!same_line.empty()) return {true, std::string(same_line)};
  const std::vector<std::string_view> lines = NonBlankLines(rest);
  const auto line = std::find_if(lines.begin(), lines.end(),
                                 [](std::string_view l) { return !WithoutMarks(l).empty(); });
  if (line == lines.end()) return {};
  return {true, std::string(WithoutMarks(*line))};
}

Extraction LastLine(std::string_view answer) {
  const std::vector<std::string_view> lines = NonBlankLines(answer);
  if (lines.empty()) return {};
  return {true, std::string(lines.back())};
}

Extraction Hashes(std::string_view answer) {
  constexpr std::string_view kMark = "####";
  const size_t at = answer.rfind(kMark);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = answer.substr(at + kMark.size());
  return {true, std::string(WithoutMarks(rest.substr(0, rest.find('\n'))))};
}

Extraction Boxed(std::string_view answer) {
  for (size_t at = answer.rfind("boxed{"); at != std::string_view::npos && at < answer.size();
       at = at == 0 ? std::string_view::npos : answer.rfind("boxed{", at - 1)) {
    const size_t start = at + 6;
    int depth = 1;
    for (size_t i = start; i < answer.size(); ++i) {
      if (answer[i] == '{') ++depth;
      if (answer[i] == '}' && --depth == 0) {
        return {true, std::string(Trim(answer.substr(start, i - start)))};
      }
    }
  }
  return {};
}

Extraction LastNumber(std::string_view answer) {
  static const Regex number(
      "(?<![\\w.])[-\\x{2212}]?\\d+(?:,\\d{3})*(?:\\.\\d+)?(?:[eE][-+]?\\d+)?(?:/\\d+)?", "number");
  const std::vector<std::string_view> found = number.FindAll(answer);
  if (found.empty()) return {};
  return {true, std::string(found.back())};
}

Extraction Letter(std::string_view answer) {
  static const std::array<Regex, 4> patterns = {
      Regex("boxed\\{\\s*(?:\\\\text\\{)?\\(?([A-J])\\)?\\s*\\}", "letter"),
      Regex("(?:(?i:answer|choice|option)|정답|답)(?:\\s+(?i:is))?\\s*[:：]?\\s*"
            "[*_`$(\\[]*([A-J])(?![\\w'])",
            "letter"),
      Regex("^[*_`$(\\[\\s]*([A-J])[*_`$)\\].:]*\\s*$", "letter", Regex::kMultiLine),
      Regex("^[*_`$(\\[\\s]*([A-J])[)\\].:]", "letter"),
  };
  for (const Regex& pattern : patterns) {
    const std::vector<std::string_view> found = pattern.FindAll(answer);
    if (!found.empty()) return {true, std::string(found.back())};
  }
  return {};
}

// Contents of the ``` blocks; one that is still open at the end of the text counts too.
std::vector<std::string> FencedBlocks(std::string_view answer) {
  std::vector<std::string> blocks;
  bool open = false;
  size_t start = 0;
  while (start < answer.size()) {
    const size_t end = std::min(answer.find('\n', start), answer.size());
    const std::string_view line = answer.substr(start, end - start);
    start = end + 1;
    if (Trim(line).starts_with("```")) {
      open = !open;
      if (open) blocks.emplace_back();
    } else if (open) {
      blocks.back().append(line).push_back('\n');
    }
  }
  return blocks;
}

Extraction Code(std::string_view answer, std::string_view hint) {
  const std::vector<std::string> blocks = FencedBlocks(answer);
  if (blocks.empty()) return {true, std::string(answer)};
  const auto with_hint = std::find_if(blocks.rbegin(), blocks.rend(), [&](const auto& block) {
    return block.find(hint) != std::string::npos;
  });
  return {true, with_hint == blocks.rend() ? blocks.back() : *with_hint};
}

Extraction JsonPart(std::string_view answer) {
  const std::vector<std::string> blocks = FencedBlocks(answer);
  for (auto block = blocks.rbegin(); block != blocks.rend(); ++block) {
    if (ParseJsonText(*block)) return {true, std::string(Trim(*block))};
  }
  if (const std::optional<std::string_view> found = FindJsonText(answer)) {
    return {true, std::string(*found)};
  }
  return {};
}

}  // namespace

const std::vector<std::string>& ExtractionRules() {
  static const std::vector<std::string> rules = {"answer-line", "boxed",  "code",
                                                 "hashes",      "json",   "last-line",
                                                 "last-number", "letter", "whole"};
  return rules;
}

Extraction Extract(std::string_view rule, std::string_view answer, std::string_view hint) {
  answer = BehindThinking(answer);
  if (rule.empty() || rule == "whole") return {true, std::string(answer)};
  if (rule == "answer-line") return AnswerLine(answer);
  if (rule == "last-line") return LastLine(answer);
  if (rule == "hashes") return Hashes(answer);
  if (rule == "boxed") return Boxed(answer);
  if (rule == "last-number") return LastNumber(answer);
  if (rule == "letter") return Letter(answer);
  if (rule == "code") return Code(answer, hint);
  return JsonPart(answer);
}

}  // namespace moebench
