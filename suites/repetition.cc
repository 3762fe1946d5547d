#include "suites/repetition.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "harness/base/hash.h"

namespace moebench {
namespace {

constexpr std::size_t kWords = 5;

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::vector<std::string_view> WordsOf(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    while (IsWordByte(text[at]) && end < text.size() && IsWordByte(text[end])) ++end;
    if (!IsSpace(text[at])) words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

}  // namespace

double RepeatedShare(std::string_view text) {
  const std::vector<std::string_view> words = WordsOf(text);
  if (words.size() < kWords) return 0;
  const std::size_t n = words.size() - kWords + 1;
  std::unordered_set<uint64_t> seen;  // of hashes: two 5-grams in 2^64 may be taken for one
  for (std::size_t i = 0; i < n; ++i) {
    uint64_t hash = Fnv1a64("");
    for (std::size_t word = i; word < i + kWords; ++word) {
      hash = Fnv1a64(" ", Fnv1a64(words[word], hash));
    }
    seen.insert(hash);
  }
  return static_cast<double>(n - seen.size()) / static_cast<double>(n);
}

}  // namespace moebench
