// Guesses from the text itself (prompt lookup; Saxena 2023, github.com/apoorvumang/
// prompt-lookup-decoding): where the last n tokens stood before, what followed them may follow
// again.
//   PromptLookup lookup(context_tokens);
//   lookup.Start(2, 5);
//   for (int token : prompt) lookup.Append(token);
//   int n = lookup.Guess(guesses);   // writes up to guesses.size() tokens
// Longer matches are preferred to shorter, later ones to earlier. A hash table for each length
// keeps where each run of tokens stood last, so that a search costs a few memory accesses however
// long the text. Start forgets everything: nothing is ever guessed from an earlier request. Only
// the constructor and Start allocate. Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace moebench {

inline constexpr int kMostLookupTokens = 16;  // of a match

class PromptLookup {
 public:
  explicit PromptLookup(int context_tokens);

  // Matches of min_match to max_match tokens, 1..kMostLookupTokens. Throws Error for others.
  void Start(int min_match, int max_match);
  // CHECKs that there are at most context_tokens, and one more.
  void Append(int token);
  // What may follow the text and then the first n_given of `guesses`: up to guesses.size() -
  // n_given tokens behind these; returns how many. A text that repeats goes on repeating: what
  // was guessed is read like the text.
  int Guess(std::span<int> guesses, int n_given = 0) const;

 private:
  int TokenAt(std::ptrdiff_t i, std::span<const int> guesses) const;
  // The slot of the run of n tokens that ends before `end`, or the free one where it would be.
  std::size_t SlotOf(int n, std::ptrdiff_t end, std::span<const int> guesses) const;
  std::vector<int32_t>& Table(int n) { return tables_[static_cast<std::size_t>(n - min_match_)]; }

  std::size_t most_tokens_;
  int min_match_ = 0, max_match_ = 0;
  std::vector<int> text_;
  std::vector<std::vector<int32_t>> tables_;  // of each length: where a run ends, 0 = free
  std::size_t mask_ = 0;                      // slots of a table, less 1
};

}  // namespace moebench
