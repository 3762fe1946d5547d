#include "quality/degeneration.h"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <vector>

namespace moebench {
namespace {

constexpr size_t kMaxUnitBytes = 256;
constexpr size_t kWindow = 4096;  // only the end of a long text is searched

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  size_t start = 0;
  while (start < text.size()) {
    const size_t end = std::min(text.find_first_of(" \t\r\n", start), text.size());
    if (end > start) words.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return words;
}

}  // namespace

RepeatedSuffix FindRepeatedSuffix(std::string_view text) {
  if (text.size() > kWindow) text.remove_prefix(text.size() - kWindow);
  RepeatedSuffix best;
  for (size_t unit = 1; unit <= std::min(kMaxUnitBytes, text.size() / 2); ++unit) {
    const std::string_view tail = text.substr(text.size() - unit);
    size_t times = 1;
    while ((times + 1) * unit <= text.size() &&
           text.substr(text.size() - (times + 1) * unit, unit) == tail) {
      ++times;
    }
    if (times > 1 &&
        times * unit > static_cast<size_t>(best.times) * static_cast<size_t>(best.unit_bytes)) {
      best = {static_cast<int>(unit), static_cast<int>(times)};
    }
  }
  return best;
}

double RepeatedNgramShare(std::string_view text) {
  const std::vector<std::string_view> words = Words(text);
  constexpr size_t kN = 4;
  if (words.size() < 2 * kN) return 0;
  std::unordered_set<std::string> seen;
  size_t repeated = 0;
  const size_t total = words.size() - kN + 1;
  for (size_t i = 0; i < total; ++i) {
    std::string gram;
    for (size_t j = 0; j < kN; ++j) gram.append(words[i + j]).push_back(' ');
    if (!seen.insert(std::move(gram)).second) ++repeated;
  }
  return static_cast<double>(repeated) / static_cast<double>(total);
}

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

bool IsLoop(std::string_view text) {
  const RepeatedSuffix suffix = FindRepeatedSuffix(text);
  if (suffix.times >= 4 && suffix.times * suffix.unit_bytes >= 24) return true;
  return Words(text).size() >= 32 && RepeatedNgramShare(text) > 0.5;
}

}  // namespace moebench
