#include "quality/hygiene.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "quality/degeneration.h"
#include "quality/language.h"
#include "quality/regex.h"
#include "quality/text_units.h"

namespace moebench {
namespace {

double CompressionRatio(std::string_view text) {
  constexpr size_t kMostBytes = 1 << 20;
  text = text.substr(0, kMostBytes);
  if (text.size() < kLeastCompressedBytes) return 0;
  uLongf size = compressBound(text.size());
  std::vector<Bytef> out(size);
  const int status = compress2(out.data(), &size, reinterpret_cast<const Bytef*>(text.data()),
                               text.size(), Z_DEFAULT_COMPRESSION);
  if (status != Z_OK || size == 0) return 0;
  return static_cast<double>(text.size()) / static_cast<double>(size);
}

bool HasOpenFence(std::string_view text) {
  size_t fences = 0;
  for (const std::string_view line : NonBlankLines(text)) fences += line.starts_with("```") ? 1 : 0;
  return fences % 2 == 1;
}

bool HasOpenJson(std::string_view text) {
  text = Trim(text);
  constexpr std::string_view kFence = "```json";
  if (text.starts_with(kFence)) text = Trim(text.substr(kFence.size()));
  if (!text.starts_with('{') && !text.starts_with("[{") && !text.starts_with("[\"")) return false;
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (quoted) {
      if (text[i] == '\\') ++i;
      if (i < text.size() && text[i] == '"') quoted = false;
      continue;
    }
    quoted = text[i] == '"';
    depth += text[i] == '{' || text[i] == '[' ? 1 : text[i] == '}' || text[i] == ']' ? -1 : 0;
    if (depth == 0) return false;
  }
  return true;
}

// The first words of the answer stand in the prompt as they are, and are more than a phrase.
bool EchoesPrompt(std::string_view prompt, std::string_view answer) {
  constexpr size_t kEchoBytes = 80;
  answer = Trim(answer);
  return answer.size() >= kEchoBytes &&
         prompt.find(answer.substr(0, kEchoBytes)) != std::string_view::npos;
}

// Prose of some length that stops without an end mark. Lists, tables, code, formulas and short
// answers end as they like.
bool StopsWithinSentence(std::string_view answer) {
  constexpr size_t kProseWords = 12;
  const std::vector<std::string_view> lines = NonBlankLines(answer);
  if (lines.empty()) return false;
  const std::string_view last = lines.back();
  static const Regex no_prose("^(?:[-*#>|`$\\\\]|\\d+[.)]|\\w+:)|```", "unfinished");
  if (no_prose.Search(last) || BlankSeparated(last).size() < kProseWords) return false;
  static const Regex ended("[.!?\\x{3002}\\x{FF01}\\x{FF1F}\\x{2026}:;)\\]}>\"'*_`\\x{201D}]$",
                           "unfinished");
  return !ended.Search(last);
}

bool IsInWrongScript(std::string_view prompt, std::string_view answer) {
  constexpr double kMost = 0.3;  // of the letters
  constexpr size_t kLeastLetters = 20;
  static const Regex letter("\\p{L}", "letters");
  if (letter.FindAll(answer).size() < kLeastLetters) return false;
  static constexpr std::array<const char*, 10> kScripts = {
      "Han",    "Hangul", "Hiragana", "Katakana",   "Cyrillic",
      "Arabic", "Hebrew", "Thai",     "Devanagari", "Greek"};
  return std::any_of(kScripts.begin(), kScripts.end(), [&](const char* script) {
    return ScriptShare(answer, script) > kMost &&
           !Regex(std::string("\\p{") + script + "}", "script").Search(prompt);
  });
}

}  // namespace

AnswerSigns LookForSigns(std::string_view prompt, std::string_view answer, Finish finish) {
  AnswerSigns signs;
  signs.cut_off = finish == Finish::kLength;
  signs.empty = IsBlank(answer);
  if (signs.empty) return signs;
  signs.loop = IsLoop(answer);
  signs.open_fence = HasOpenFence(answer);
  signs.open_json = HasOpenJson(answer);
  signs.unfinished = finish == Finish::kStop && StopsWithinSentence(answer);
  signs.prompt_echo = EchoesPrompt(prompt, answer);
  signs.wrong_script = IsInWrongScript(prompt, answer);
  const RepeatedSuffix suffix = FindRepeatedSuffix(answer);
  signs.suffix_bytes = suffix.unit_bytes * suffix.times;
  signs.ngram_share = RepeatedNgramShare(answer);
  signs.compression_ratio = CompressionRatio(answer);
  return signs;
}

std::string SignNames(const AnswerSigns& signs) {
  std::string names;
  const auto add = [&](bool set, const char* name) {
    if (set) names += (names.empty() ? "" : ", ") + std::string(name);
  };
  add(signs.cut_off, "cut_off");
  add(signs.empty, "empty");
  add(signs.loop, "loop");
  add(signs.unfinished, "unfinished");
  add(signs.open_fence, "open_fence");
  add(signs.open_json, "open_json");
  add(signs.prompt_echo, "prompt_echo");
  add(signs.wrong_script, "wrong_script");
  return names;
}

}  // namespace moebench
