#include "runners/native/decode/prompt_lookup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "harness/base/error.h"
#include "harness/base/rng.h"

namespace moebench {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Lookup : public testing::Test {
 protected:
  void Start(int min_match, int max_match, const std::vector<int>& text) {
    lookup_.Start(min_match, max_match);
    for (const int token : text) lookup_.Append(token);
  }
  std::vector<int> Guess(int most, std::vector<int> given = {}) {
    const int n_given = static_cast<int>(given.size());
    given.resize(static_cast<std::size_t>(n_given + most));
    const int n = lookup_.Guess(given, n_given);
    return {given.begin() + n_given, given.begin() + n_given + n};
  }
  PromptLookup lookup_{256};
};

TEST_F(Lookup, SaysWhatFollowedTheLastTokensBefore) {
  Start(2, 5, {1, 2, 3, 4, 5, 6, 9, 2, 3});
  EXPECT_THAT(Guess(3), ElementsAre(4, 5, 6));
  EXPECT_THAT(Guess(1), ElementsAre(4));
}

TEST_F(Lookup, OneTokenIsNoMatchOfTwo) {
  Start(2, 5, {1, 2, 3, 4, 9, 3});
  EXPECT_THAT(Guess(3), IsEmpty());
  Start(1, 5, {1, 2, 3, 4, 9, 3});
  EXPECT_THAT(Guess(3), ElementsAre(4, 9, 3));
}

TEST_F(Lookup, TheLongestMatchIsPreferredAndOfEqualOnesTheLatest) {
  Start(2, 3, {7, 1, 2, 50, 1, 2, 60, 8, 1, 2, 70, 7, 1, 2});
  EXPECT_THAT(Guess(1), ElementsAre(50)) << "7 1 2 stood once, before 50";
  Start(2, 2, {7, 1, 2, 50, 1, 2, 60, 8, 1, 2, 70, 7, 1, 2});
  EXPECT_THAT(Guess(1), ElementsAre(70));
}

TEST_F(Lookup, ATextThatRepeatsGoesOnRepeating) {
  Start(2, 5, {9, 1, 2, 3, 1, 2, 3, 1, 2});
  EXPECT_THAT(Guess(7), ElementsAre(3, 1, 2, 3, 1, 2, 3));
  Start(2, 5, {4, 4, 4});
  EXPECT_THAT(Guess(4), ElementsAre(4, 4, 4, 4));
}

TEST_F(Lookup, GoesOnBehindGivenGuesses) {
  Start(2, 5, {1, 2, 3, 4, 5, 6, 9});
  EXPECT_THAT(Guess(3), IsEmpty());
  EXPECT_THAT(Guess(3, {2, 3}), ElementsAre(4, 5, 6));
}

TEST_F(Lookup, StartForgetsEverything) {
  Start(2, 5, {1, 2, 3, 4, 1, 2});
  EXPECT_THAT(Guess(1), ElementsAre(3));
  Start(2, 5, {1, 2});
  EXPECT_THAT(Guess(1), IsEmpty());
  Start(2, 5, {});
  EXPECT_THAT(Guess(1), IsEmpty());
}

TEST_F(Lookup, FillsTheContextAndNotMore) {
  PromptLookup small(8);
  small.Start(2, 5);
  for (int i = 0; i < 9; ++i) small.Append(i % 2);
  std::vector<int> guesses(2);
  EXPECT_EQ(small.Guess(guesses), 2);
  EXPECT_THAT(guesses, ElementsAre(1, 0));
}

TEST_F(Lookup, ImpossibleLengthsAreRefused) {
  EXPECT_THROW(lookup_.Start(0, 5), Error);
  EXPECT_THROW(lookup_.Start(3, 2), Error);
  EXPECT_THROW(lookup_.Start(2, 17), Error);
}

// The plain search from the end, over texts of few words so that everything repeats.
TEST_F(Lookup, FindsWhatASearchOfTheWholeTextFinds) {
  Rng rng(11);
  for (int round = 0; round < 200; ++round) {
    const int words = 2 + round % 7, length = 3 + round % 120;
    std::vector<int> text;
    for (int i = 0; i < length; ++i) text.push_back(static_cast<int>(rng.Uniform() * words));
    Start(2, 4, text);
    std::vector<int> wanted;
    for (int n = std::min(4, length - 1); n >= 2 && wanted.empty(); --n) {
      for (int end = length - 1; end >= n && wanted.empty(); --end) {
        if (!std::equal(text.end() - n, text.end(), text.begin() + end - n)) continue;
        for (int i = 0; i < 5; ++i) {
          const int at = end + i;
          wanted.push_back(at < length ? text[static_cast<std::size_t>(at)]
                                       : wanted[static_cast<std::size_t>(at - length)]);
        }
      }
    }
    EXPECT_EQ(Guess(5), wanted) << "round " << round;
  }
}

}  // namespace
}  // namespace moebench
