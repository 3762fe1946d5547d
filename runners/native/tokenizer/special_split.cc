#include "runners/native/tokenizer/special_split.h"

#include <string_view>

#include "harness/base/utf8.h"

namespace moebench {
namespace {

// Cuts every text fragment at each place where the token stands.
std::vector<Fragment> CutAt(std::vector<Fragment> fragments, int token, std::string_view text) {
  std::vector<Fragment> cut;
  for (Fragment& fragment : fragments) {
    if (fragment.token >= 0 || fragment.text.find(text) == std::string::npos) {
      cut.push_back(std::move(fragment));
      continue;
    }
    size_t done = 0;
    for (;;) {
      const size_t at = fragment.text.find(text, done);
      const size_t end = at == std::string::npos ? fragment.text.size() : at;
      if (end > done) cut.push_back({-1, fragment.text.substr(done, end - done)});
      if (at == std::string::npos) break;
      cut.push_back({token, ""});
      done = at + text.size();
    }
  }
  return cut;
}

std::vector<Fragment> SplitSegment(const Vocabulary& vocabulary, const TextSegment& segment) {
  std::vector<Fragment> fragments;
  if (segment.text.empty()) return fragments;
  fragments.push_back({-1, ReplaceInvalidUtf8(segment.text)});
  for (const int id : vocabulary.special) {
    const Vocabulary::Token& token = vocabulary.tokens[static_cast<size_t>(id)];
    const bool always = token.type == TokenType::kUserDefined;
    if (!always && segment.parse_special == ParseSpecial::kNo) continue;
    fragments = CutAt(std::move(fragments), id, token.bytes);
  }
  return fragments;
}

}  // namespace

std::vector<Fragment> SplitSpecial(const Vocabulary& vocabulary,
                                   std::span<const TextSegment> segments) {
  std::vector<Fragment> all;
  for (const TextSegment& segment : segments) {
    for (Fragment& fragment : SplitSegment(vocabulary, segment)) {
      const bool joins = fragment.token < 0 && !all.empty() && all.back().token < 0;
      if (joins) {
        all.back().text += fragment.text;
      } else {
        all.push_back(std::move(fragment));
      }
    }
  }
  return all;
}

}  // namespace moebench
