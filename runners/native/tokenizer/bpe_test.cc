#include "runners/native/tokenizer/bpe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "harness/base/rng.h"

namespace moebench {
namespace {

using testing::ElementsAre;

TEST(BpeMerges, LowestRankFirstThenLeftmost) {
  BpeMerges merges(3);
  merges.Add(1, 2, 10);
  merges.Add(2, 1, 11);
  merges.Add(10, 1, 12);
  std::vector<int> symbols = {2, 1, 2, 1, 1};  // 1 2 is found before 2 1, though that is leftmost
  merges.Apply(symbols);
  EXPECT_THAT(symbols, ElementsAre(2, 12, 1));
  symbols = {1, 1, 1};
  merges.Apply(symbols);
  EXPECT_THAT(symbols, ElementsAre(1, 1, 1));
}

TEST(BpeMerges, FirstRankOfAPairStays) {
  BpeMerges merges(3);
  merges.Add(1, 2, 10);
  merges.Add(2, 3, 11);
  merges.Add(1, 2, 12);
  std::vector<int> symbols = {1, 2, 3};
  merges.Apply(symbols);
  EXPECT_THAT(symbols, ElementsAre(10, 3));
}

TEST(BpeMerges, NothingToMerge) {
  const BpeMerges merges(0);
  std::vector<int> symbols;
  merges.Apply(symbols);
  EXPECT_TRUE(symbols.empty());
  symbols.assign(1000, 7);
  merges.Apply(symbols);
  EXPECT_EQ(symbols.size(), 1000u);
}

TEST(BpeMerges, NoTokenSeparatesAndIsLeftOut) {
  BpeMerges merges(1);
  merges.Add(1, 2, 10);
  for (const size_t padding : {0, 100}) {
    std::vector<int> symbols = {1, BpeMerges::kNoToken, BpeMerges::kNoToken, 2, 1, 2};
    symbols.insert(symbols.end(), padding, 5);
    merges.Apply(symbols);
    symbols.resize(3);
    EXPECT_THAT(symbols, ElementsAre(1, 2, 10));
  }
}

// The definition, in the plainest way.
std::vector<int> Reference(
    const std::map<std::pair<int, int>, std::pair<int, int>>& rank_and_merged,
    std::vector<int> symbols) {
  for (;;) {
    size_t best = symbols.size();
    std::pair<int, int> lowest{1 << 30, 0};
    for (size_t i = 0; i + 1 < symbols.size(); ++i) {
      const auto found = rank_and_merged.find({symbols[i], symbols[i + 1]});
      if (found != rank_and_merged.end() && found->second.first < lowest.first) {
        lowest = found->second;
        best = i;
      }
    }
    if (best == symbols.size()) return symbols;
    symbols[best] = lowest.second;
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
}

TEST(BpeMerges, ShortAndLongWordsAgreeWithTheDefinition) {
  constexpr uint64_t kSeed = 20261122;
  SCOPED_TRACE(kSeed);
  Rng rng(kSeed);
  BpeMerges merges(400);
  std::map<std::pair<int, int>, std::pair<int, int>> rank_and_merged;
  for (int rank = 0; rank < 400; ++rank) {
    const int known = 4 + rank;
    const int left = static_cast<int>(rng.Below(static_cast<uint64_t>(known)));
    const int right = static_cast<int>(rng.Below(static_cast<uint64_t>(known)));
    merges.Add(left, right, known);
    rank_and_merged.emplace(std::pair{left, right}, std::pair{rank, known});
  }
  for (int word = 0; word < 2000; ++word) {
    std::vector<int> symbols(rng.Below(80));
    for (int& symbol : symbols) symbol = static_cast<int>(rng.Below(4));
    const std::vector<int> expected = Reference(rank_and_merged, symbols);
    merges.Apply(symbols);
    ASSERT_EQ(symbols, expected) << word;
  }
}

}  // namespace
}  // namespace moebench
