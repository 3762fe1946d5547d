// The rule that takes guesses: greedily the same tokens, sampled the same distribution.
#include "runners/native/decode/acceptance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

namespace moebench {
namespace {

constexpr int kVocabulary = 5;

std::vector<float> LogitsFor(const std::vector<double>& odds) {
  std::vector<float> logits;
  for (const double p : odds) logits.push_back(static_cast<float>(std::log(p)));
  return logits;
}

std::vector<float> Joined(const std::vector<std::vector<double>>& rows) {
  std::vector<float> all;
  for (const std::vector<double>& row : rows) {
    const std::vector<float> logits = LogitsFor(row);
    all.insert(all.end(), logits.begin(), logits.end());
  }
  return all;
}

TEST(Acceptance, GreedyTakesGuessesUpToTheFirstThatIsNotTheBest) {
  Acceptance acceptance({}, 3);
  const std::vector<float> logits{1, 3, 2, /**/ 5, 0, 1, /**/ 0, 1, 9};
  std::vector<float> gaps(3);
  const std::vector<Guess> right{{.token = 1}, {.token = 0}}, wrong{{.token = 1}, {.token = 2}};
  const Taken all = acceptance.Take(logits, right, {}, gaps);
  EXPECT_EQ(all.guesses, 2);
  EXPECT_EQ(all.token, 2);
  EXPECT_EQ(gaps, (std::vector<float>{1, 4, 8}));
  const Taken one = acceptance.Take(logits, wrong, {}, gaps);
  EXPECT_EQ(one.guesses, 1);
  EXPECT_EQ(one.token, 0);
  const Taken none = acceptance.Take(std::span(logits).first(3), {}, {}, gaps);
  EXPECT_EQ(none.guesses, 0);
  EXPECT_EQ(none.token, 1);
}

TEST(Acceptance, BannedTokensAreNeverTaken) {
  const std::vector<float> logits{1, 3, 2, /**/ 5, 0, 1};
  std::vector<float> gaps(2);
  const std::vector<Guess> guess{{.token = 1}};
  const std::vector<int> banned{1};
  EXPECT_EQ(Acceptance({}, 3).Take(logits, guess, banned, gaps).token, 2);
  Acceptance hot({.temperature = 2, .seed = 3}, 3);
  for (int i = 0; i < 200; ++i) {
    const Taken taken = hot.Take(logits, guess, banned, gaps);
    EXPECT_EQ(taken.guesses, 0);
    EXPECT_NE(taken.token, 1);
  }
}

TEST(Odds, AreTheSoftmaxAtTheTemperature) {
  const std::vector<float> logits{0, 1, 5, 2};
  std::vector<float> odds(4);
  const std::vector<int> banned{2};
  OddsOf(KernelsFor(DetectIsa()), logits, banned, 2, odds);
  const double sum = 1 + std::exp(0.5) + std::exp(1);
  EXPECT_NEAR(odds[0], 1 / sum, 1e-6);
  EXPECT_NEAR(odds[1], std::exp(0.5) / sum, 1e-6);
  EXPECT_EQ(odds[2], 0);
  EXPECT_NEAR(odds[3], std::exp(1) / sum, 1e-6);
}

// Two tokens of a model whose second depends on the first; a draft model of other opinions. The
// pairs that come out must have the model's own chances: chi-square of 25 cells against them.
class Sampled : public testing::Test {
 protected:
  static std::vector<double> ModelAfter(int token) {
    std::vector<double> odds{0.05, 0.1, 0.15, 0.3, 0.4};
    std::rotate(odds.begin(), odds.begin() + token, odds.end());
    return odds;
  }
  static std::vector<double> DraftAfter(int token) {
    std::vector<double> odds{0.5, 0.02, 0.08, 0.1, 0.3};
    std::rotate(odds.begin(), odds.begin() + (2 * token) % kVocabulary, odds.end());
    return odds;
  }
  static std::vector<float> Floats(const std::vector<double>& values) {
    return {values.begin(), values.end()};
  }

  // Chi-square of pairs that `say` gives.
  template <typename Say>
  static double ChiSquare(Say&& say) {
    constexpr int kPairs = 60'000;
    std::map<std::pair<int, int>, int> seen;
    for (int i = 0; i < kPairs; ++i) ++seen[say()];
    const std::vector<double> first = ModelAfter(0);
    double chi_square = 0;
    for (int a = 0; a < kVocabulary; ++a) {
      const std::vector<double> second = ModelAfter(a);
      for (int b = 0; b < kVocabulary; ++b) {
        const double wanted =
            kPairs * first[static_cast<std::size_t>(a)] * second[static_cast<std::size_t>(b)];
        chi_square += std::pow(seen[{a, b}] - wanted, 2) / wanted;
      }
    }
    return chi_square;
  }
  // Beyond it are 1e-4 of all chi-squares of 24 degrees of freedom.
  static constexpr double kMost = 59.0;
  Rng rng_{17};
};

TEST_F(Sampled, DrawnGuessesLeaveTheDistributionUnchanged) {
  Acceptance acceptance({.temperature = 1, .seed = 5}, kVocabulary);
  std::vector<float> gaps(3);
  EXPECT_LT(ChiSquare([&] {
              // Two guesses, the second after the first, as a draft model makes them.
              const std::vector<float> q1 = Floats(DraftAfter(0));
              const int a = Draw(q1, rng_);
              const std::vector<float> q2 = Floats(DraftAfter(a));
              const int b = Draw(q2, rng_);
              const std::vector<Guess> guesses{{a, q1}, {b, q2}};
              const Taken taken = acceptance.Take(
                  Joined({ModelAfter(0), ModelAfter(a), ModelAfter(b)}), guesses, {}, gaps);
              if (taken.guesses == 2) return std::pair(a, b);
              if (taken.guesses == 1) return std::pair(a, taken.token);
              // The second token comes from the next pass.
              const Taken next = acceptance.Take(LogitsFor(ModelAfter(taken.token)), {}, {}, gaps);
              return std::pair(taken.token, next.token);
            }),
            kMost);
}

TEST_F(Sampled, GuessesOfALookupDoToo) {
  Acceptance acceptance({.temperature = 1, .seed = 6}, kVocabulary);
  std::vector<float> gaps(3);
  int turn = 0;
  EXPECT_LT(ChiSquare([&] {
              const int a = ++turn % kVocabulary, b = turn / 7 % kVocabulary;
              const std::vector<Guess> guesses{{.token = a}, {.token = b}};
              const Taken taken = acceptance.Take(
                  Joined({ModelAfter(0), ModelAfter(a), ModelAfter(b)}), guesses, {}, gaps);
              if (taken.guesses == 2) return std::pair(a, b);
              if (taken.guesses == 1) return std::pair(a, taken.token);
              const Taken next = acceptance.Take(LogitsFor(ModelAfter(taken.token)), {}, {}, gaps);
              return std::pair(taken.token, next.token);
            }),
            kMost);
}

// The same count with a wrong rule, to know that the test can tell.
TEST_F(Sampled, TakingEveryGuessWouldBeSeen) {
  EXPECT_GT(ChiSquare([&] {
              const int a = Draw(Floats(DraftAfter(0)), rng_);
              return std::pair(a, Draw(Floats(ModelAfter(a)), rng_));
            }),
            kMost);
}

TEST_F(Sampled, ADraftThatKnowsTheModelIsAlwaysRight) {
  Acceptance acceptance({.temperature = 1, .seed = 7}, kVocabulary);
  std::vector<float> gaps(2), odds(kVocabulary);
  const std::vector<float> logits = Joined({ModelAfter(0), ModelAfter(1)});
  OddsOf(KernelsFor(DetectIsa()), logits, {}, 1, odds);
  for (int i = 0; i < 1000; ++i) {
    const std::vector<Guess> guess{{Draw(odds, rng_), odds}};
    EXPECT_EQ(acceptance.Take(logits, guess, {}, gaps).guesses, 1);
  }
}

TEST_F(Sampled, ASmallerVocabularyOfTheDraftHasNoChanceBeyond) {
  Acceptance acceptance({.temperature = 1, .seed = 8}, kVocabulary);
  std::vector<float> gaps(2);
  const std::vector<float> q{0.5f, 0.5f};
  EXPECT_LT(ChiSquare([&] {
              const int a = Draw(q, rng_);
              const std::vector<Guess> guess{{a, q}};
              const Taken taken =
                  acceptance.Take(Joined({ModelAfter(0), ModelAfter(a)}), guess, {}, gaps);
              if (taken.guesses == 1) return std::pair(a, taken.token);
              const Taken next = acceptance.Take(LogitsFor(ModelAfter(taken.token)), {}, {}, gaps);
              return std::pair(taken.token, next.token);
            }),
            kMost);
}

}  // namespace
}  // namespace moebench
