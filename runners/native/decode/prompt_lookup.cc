#include "runners/native/decode/prompt_lookup.h"

#include <algorithm>
#include <bit>
#include <string>

#include "harness/base/error.h"

namespace moebench {

PromptLookup::PromptLookup(int context_tokens)
    : most_tokens_(static_cast<std::size_t>(context_tokens) + 1),
      mask_(std::bit_ceil(2 * most_tokens_) - 1) {
  text_.reserve(most_tokens_);
}

void PromptLookup::Start(int min_match, int max_match) {
  if (min_match < 1 || max_match < min_match || max_match > kMostLookupTokens) {
    throw Error("matches of " + std::to_string(min_match) + " to " + std::to_string(max_match) +
                    " tokens were asked for",
                "prompt lookup",
                "choose lookup_min and lookup_max in 1.." + std::to_string(kMostLookupTokens),
                ExitCode::kConfig);
  }
  min_match_ = min_match;
  max_match_ = max_match;
  text_.clear();
  tables_.resize(static_cast<std::size_t>(max_match - min_match + 1));
  for (std::vector<int32_t>& table : tables_) table.assign(mask_ + 1, 0);
}

int PromptLookup::TokenAt(std::ptrdiff_t i, std::span<const int> guesses) const {
  const std::ptrdiff_t behind = i - std::ssize(text_);
  return behind < 0 ? text_[static_cast<std::size_t>(i)]
                    : guesses[static_cast<std::size_t>(behind)];
}

std::size_t PromptLookup::SlotOf(int n, std::ptrdiff_t end, std::span<const int> guesses) const {
  uint64_t hash = 0;
  for (std::ptrdiff_t i = end - n; i < end; ++i) {
    hash = (hash ^ static_cast<uint64_t>(TokenAt(i, guesses))) * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 32;
  }
  const std::vector<int32_t>& table = tables_[static_cast<std::size_t>(n - min_match_)];
  // At most half of the slots are taken: a free one comes.
  for (std::size_t slot = hash & mask_;; slot = (slot + 1) & mask_) {
    const std::ptrdiff_t other = table[slot];
    if (other == 0) return slot;
    bool same = true;
    for (std::ptrdiff_t i = 1; same && i <= n; ++i) {
      same = text_[static_cast<std::size_t>(other - i)] == TokenAt(end - i, guesses);
    }
    if (same) return slot;
  }
}

void PromptLookup::Append(int token) {
  CHECK(text_.size() < most_tokens_);
  // The runs that end here are noted now that something follows them.
  const std::ptrdiff_t end = std::ssize(text_);
  for (int n = min_match_; n <= max_match_ && n <= end; ++n) {
    Table(n)[SlotOf(n, end, {})] = static_cast<int32_t>(end);
  }
  text_.push_back(token);
}

int PromptLookup::Guess(std::span<int> guesses, int n_given) const {
  const std::ptrdiff_t end = std::ssize(text_) + n_given;
  for (int n = std::min<int>(max_match_, static_cast<int>(end)); n >= min_match_; --n) {
    const std::ptrdiff_t match =
        tables_[static_cast<std::size_t>(n - min_match_)][SlotOf(n, end, guesses)];
    if (match == 0) continue;
    for (std::size_t i = static_cast<std::size_t>(n_given); i < guesses.size(); ++i) {
      guesses[i] = TokenAt(match + static_cast<std::ptrdiff_t>(i) - n_given, guesses);
    }
    return static_cast<int>(guesses.size()) - n_given;
  }
  return 0;
}

}  // namespace moebench
