#include "runners/native/decode/text_scorer.h"

#include <gtest/gtest.h>
#include <sched.h>

#include "harness/base/error.h"
#include "runners/native/decode/distribution.h"
#include "runners/native/gguf/testing/temp_file.h"
#include "runners/native/gguf/testing/tiny_moe.h"
#include "runners/native/model/engine.h"

namespace moebench {
namespace {

// Passes of other sizes add up in another order.
constexpr double kRounding = 2e-4;

class TextScorerTest : public testing::Test {
 protected:
  TextScorerTest() {
    for (int i = 0; i < 75; ++i) tokens_.push_back((i * 37 + 11) % 96);
  }
  static std::vector<int> Cpus() {
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof set, &set);
    std::vector<int> cpus;
    for (int cpu = 0; cpus.size() < 2 && cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
    }
    return cpus;
  }
  std::vector<float> LogitsOfWindow(int window, int length, int first_token, int k) {
    const auto at = tokens_.begin() + window * length;
    std::vector<int> tokens(at, at + length);
    tokens.front() = first_token;
    return engine_.Logits(tokens, k);
  }
  std::span<const float> Row(const std::vector<float>& logits, int row) const {
    return std::span(logits).subspan(static_cast<size_t>(row) * 96, 96);
  }

  TempFile file_{TinyMoe({.k0 = 2}).Build()};
  GgufFile gguf_ = GgufFile::Open(file_.path());
  Engine engine_{gguf_, {.thread_cpus = Cpus(), .context_tokens = 128}};
  TextScorer scorer_{engine_.transformer(), engine_.team()};
  std::vector<int> tokens_;
};

TEST_F(TextScorerTest, ScoresTheSecondHalfOfEachWindowAsTheModelSeesItAlone) {
  const auto arms = scorer_.Run(tokens_, {.ks = {2, 1}, .window = 20, .windows = 3, .bos = 95});
  ASSERT_EQ(arms.size(), 2u);
  for (int a = 0; a < 2; ++a) {
    const ArmScores& arm = arms[static_cast<size_t>(a)];
    ASSERT_EQ(arm.log_p.size(), 27u);  // tokens 11 to 19 of 3 windows
    EXPECT_EQ(arm.kl.size(), a == 0 ? 0u : 27u);
    EXPECT_EQ(arm.k_min, 2 - a);
    EXPECT_EQ(arm.k_max, 2 - a);
    for (int w = 0; w < 3; ++w) {
      const std::vector<float> base = LogitsOfWindow(w, 20, 95, 2);
      const std::vector<float> here = LogitsOfWindow(w, 20, 95, 2 - a);
      for (int i = 0; i < 9; ++i) {
        const size_t at = static_cast<size_t>(w * 9 + i);
        const Distribution wanted = ReadLogits(Row(here, 10 + i));
        EXPECT_NEAR(arm.log_p[at], LogP(wanted, tokens_[static_cast<size_t>(w * 20 + 11 + i)]),
                    kRounding);
        EXPECT_EQ(arm.top[at], wanted.top);
        if (a == 0) continue;
        EXPECT_NEAR(arm.kl[at], KlDivergence(ReadLogits(Row(base, 10 + i)), wanted), kRounding);
        EXPECT_GT(arm.kl[at], 0);
      }
    }
  }
}

TEST_F(TextScorerTest, AnArmAtTheBasesCountIsTheBaseToTheBit) {
  const auto arms = scorer_.Run(tokens_, {.ks = {2, 2}, .window = 25, .windows = 3});
  EXPECT_EQ(arms[0].log_p, arms[1].log_p);
  EXPECT_EQ(arms[0].top, arms[1].top);
  for (const float kl : arms[1].kl) EXPECT_EQ(kl, 0);
}

TEST_F(TextScorerTest, PartsOfTheWindowsAreTheWhole) {
  const auto whole = scorer_.Run(tokens_, {.ks = {2, 4}, .window = 24, .windows = 3});
  const auto part = scorer_.Run(tokens_, {.ks = {2, 4}, .window = 24, .first = 1, .windows = 2});
  const std::vector<float>& all = whole[1].kl;
  EXPECT_EQ(part[1].kl, std::vector<float>(all.begin() + ScoredPerWindow(24), all.end()));
}

TEST_F(TextScorerTest, WindowsThatAreNotThereAreRefused) {
  EXPECT_THROW(scorer_.Run(tokens_, {.ks = {}, .window = 20}), Error);
  EXPECT_THROW(scorer_.Run(tokens_, {.ks = {2}, .window = 3}), Error);
  EXPECT_THROW(scorer_.Run(tokens_, {.ks = {2}, .window = 129}), Error);
  EXPECT_THROW(scorer_.Run(tokens_, {.ks = {2}, .window = 76}), Error);
  EXPECT_THROW(scorer_.Run(tokens_, {.ks = {2}, .window = 20, .windows = 4}), Error);
  EXPECT_THROW(scorer_.Run(tokens_, {.ks = {2}, .window = 20, .first = 3}), Error);
  EXPECT_THROW(scorer_.Run(tokens_, {.ks = {2}, .window = 20, .first = -1}), Error);
  EXPECT_THROW(scorer_.Run(tokens_, {.ks = {2}, .window = 20, .windows = 0}), Error);
  EXPECT_THROW(scorer_.Run(tokens_, {.ks = {9}, .window = 20}), Error);
}

}  // namespace
}  // namespace moebench
