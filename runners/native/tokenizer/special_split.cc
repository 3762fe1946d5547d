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

}  // namespace

SpecialTokens::SpecialTokens(const Vocabulary& vocabulary) : token_of_node_{kNone} {
  for (const int id : vocabulary.special) {
    const Vocabulary::Token& token = vocabulary.tokens[static_cast<size_t>(id)];
    uint64_t node = 0;
    for (const char c : token.bytes) {
      const auto byte = static_cast<unsigned char>(c);
      const auto next = static_cast<uint32_t>(token_of_node_.size());
      const auto [child, fresh] = children_.emplace(node * 256 + byte, next);
      if (fresh) token_of_node_.push_back(kNone);
      if (node == 0) children_of_root_[byte] = child->second;
      node = child->second;
    }
    token_of_node_[node] = tokens_.size();
    tokens_.push_back({id, token.bytes, token.type == TokenType::kUserDefined});
  }
}

std::vector<size_t> SpecialTokens::FindIn(std::string_view text) const {
  std::vector<bool> found(tokens_.size());
  for (size_t begin = 0; begin < text.size(); ++begin) {
    uint64_t node = children_of_root_[static_cast<unsigned char>(text[begin])];
    for (size_t at = begin + 1; node != 0; ++at) {
      if (token_of_node_[node] != kNone) found[token_of_node_[node]] = true;
      if (at == text.size()) break;
      const auto child = children_.find(node * 256 + static_cast<unsigned char>(text[at]));
      node = child == children_.end() ? 0 : child->second;
    }
  }
  std::vector<size_t> places;
  for (size_t i = 0; i < found.size(); ++i) {
    if (found[i]) places.push_back(i);
  }
  return places;
}

std::vector<Fragment> SpecialTokens::SplitSegment(const TextSegment& segment) const {
  std::vector<Fragment> fragments;
  if (segment.text.empty()) return fragments;
  fragments.push_back({-1, ReplaceInvalidUtf8(segment.text)});
  for (const size_t place : FindIn(fragments.front().text)) {
    const Token& token = tokens_[place];
    if (!token.always && segment.parse_special == ParseSpecial::kNo) continue;
    fragments = CutAt(std::move(fragments), token.id, token.text);
  }
  return fragments;
}

std::vector<Fragment> SpecialTokens::Split(std::span<const TextSegment> segments) const {
  std::vector<Fragment> all;
  for (const TextSegment& segment : segments) {
    for (Fragment& fragment : SplitSegment(segment)) {
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
