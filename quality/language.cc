#include "quality/language.h"

#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>

#include <algorithm>

#include "harness/base/utf8.h"
#include "quality/regex.h"

namespace moebench {

std::string MainLanguage(std::string_view text) {
  constexpr size_t kEnough = 64 << 10;
  constexpr int kBestEffort = 0x4000;  // an answer for short texts too
  std::string valid(text.substr(0, kEnough));
  valid.resize(valid.size() - IncompleteUtf8Tail(valid));
  valid = ReplaceInvalidUtf8(valid);
  CLD2::Language languages[3] = {};
  int percents[3] = {}, text_bytes = 0, valid_bytes = 0;
  double scores[3] = {};
  bool reliable = false;
  const CLD2::CLDHints no_hints = {nullptr, nullptr, CLD2::UNKNOWN_ENCODING,
                                   CLD2::UNKNOWN_LANGUAGE};
  const CLD2::Language language = CLD2::ExtDetectLanguageSummaryCheckUTF8(
      valid.data(), static_cast<int>(valid.size()), /*is_plain_text=*/true, &no_hints, kBestEffort,
      languages, percents, scores, nullptr, &text_bytes, &reliable, &valid_bytes);
  if (language == CLD2::UNKNOWN_LANGUAGE) return "";
  const std::string code = CLD2::LanguageCode(language);
  if (code == "iw") return "he";
  return code.substr(0, code.find('-'));
}

double ScriptShare(std::string_view text, const std::string& script) {
  static const Regex letters("\\p{L}", "letters");
  const Regex of_script("(?=\\p{L})\\p{" + script + "}", "script '" + script + "'");
  const size_t all = letters.FindAll(text).size();
  if (all == 0) return 1;
  return static_cast<double>(of_script.FindAll(text).size()) / static_cast<double>(all);
}

}  // namespace moebench
