// The sampler and the generation loop on a tiny model.
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "harness/base/error.h"
#include "runners/native/decode/generate.h"
#include "runners/native/gguf/testing/temp_file.h"
#include "runners/native/gguf/testing/tiny_moe.h"
#include "runners/native/model/engine.h"

namespace moebench {
namespace {

TEST(Sampler, GreedyTakesTheLargestAndOfEqualOnesTheLowest) {
  Sampler sampler({}, 5);
  EXPECT_EQ(sampler.Choose(std::vector<float>{-3, -1, -2, -1, -9}, {}), 1);
}

TEST(Sampler, BannedTokensAreNeverChosen) {
  const std::vector<float> logits{5, 4, 3, 2, 1};
  const std::vector<int> banned{0, 2};
  EXPECT_EQ(Sampler({}, 5).Choose(logits, banned), 1);
  EXPECT_EQ(Sampler({}, 5).Choose(logits, std::vector<int>{0, 1, 2, 3}), 4);
  Sampler hot({.temperature = 3, .seed = 4}, 5);
  for (int i = 0; i < 300; ++i) {
    const int token = hot.Choose(logits, banned);
    EXPECT_TRUE(token == 1 || token == 3 || token == 4) << token;
  }
}

TEST(Sampler, SharesFollowTheSoftmaxAtTheTemperature) {
  const std::vector<float> logits{0, 1};
  Sampler sampler({.temperature = 2, .seed = 1}, 2);
  constexpr int kDraws = 20'000;
  int ones = 0;
  for (int i = 0; i < kDraws; ++i) ones += sampler.Choose(logits, {});
  const double wanted = 1 / (1 + std::exp(-0.5));
  EXPECT_NEAR(ones / double{kDraws}, wanted, 5 * std::sqrt(wanted * (1 - wanted) / kDraws));
}

class Loop : public testing::Test {
 protected:
  static std::vector<int> Cpus() {
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof set, &set);
    int cpu = 0;
    while (!CPU_ISSET(cpu, &set)) ++cpu;
    return {cpu};
  }
  Loop()
      : file_(TinyMoe({.n_experts = 8}).Build()),
        engine_(GgufFile::Open(file_.path()), {.thread_cpus = Cpus(), .context_tokens = 64}),
        generator_(engine_.transformer(), engine_.team()) {}

  const TempFile file_;
  Engine engine_;
  Generator generator_;
  const std::vector<int> prompt_{1, 2, 3, 4, 5};
};

TEST_F(Loop, IsTheArgmaxOfTheLogitsStepByStep) {
  const Generation made = generator_.Run(prompt_, {.k = 3, .max_tokens = 10});
  ASSERT_EQ(made.tokens.size(), 10u);
  std::vector<int> sequence = prompt_;
  for (const int token : made.tokens) {
    const std::vector<float> logits = engine_.Logits(sequence, 3);
    const auto last = logits.end() - engine_.transformer().hyper().vocabulary;
    EXPECT_EQ(std::max_element(last, logits.end()) - last, token);
    sequence.push_back(token);
  }
  EXPECT_EQ(made.k_min, 3);
  EXPECT_EQ(made.k_max, 3);
  EXPECT_FALSE(made.stopped);
}

TEST_F(Loop, AnEndTokenStopsAndIsInNoFigure) {
  const Generation free = generator_.Run(prompt_, {.k = 2, .max_tokens = 10});
  const std::vector<int> ends{free.tokens[4]};
  const std::size_t until = static_cast<std::size_t>(
      std::find(free.tokens.begin(), free.tokens.end(), ends[0]) - free.tokens.begin());
  const Generation made = generator_.Run(prompt_, {.k = 2, .max_tokens = 10, .end_tokens = ends});
  EXPECT_TRUE(made.stopped);
  EXPECT_EQ(made.tokens.size(), until);
  EXPECT_EQ(made.inter_token_ms.size(), until == 0 ? 0 : until - 1);
  const Generation ignoring =
      generator_.Run(prompt_, {.k = 2, .max_tokens = 10, .end_tokens = ends, .ignore_end = true});
  EXPECT_EQ(ignoring.tokens.size(), 10u);
  EXPECT_EQ(std::count(ignoring.tokens.begin(), ignoring.tokens.end(), ends[0]), 0);
}

TEST_F(Loop, FillsTheContextAndNotMore) {
  const int room = 64 - static_cast<int>(prompt_.size()) + 1;
  EXPECT_EQ(generator_.Run(prompt_, {.k = 1, .max_tokens = room}).tokens.size(),
            static_cast<std::size_t>(room));
  EXPECT_THROW(generator_.Run(prompt_, {.k = 1, .max_tokens = room + 1}), Error);
}

TEST_F(Loop, CountsExpertsOfDecodedTokensOnly) {
  const Generation one = generator_.Run(prompt_, {.k = 8, .max_tokens = 1});
  EXPECT_EQ(one.experts_touched, 0);
  EXPECT_EQ(one.bytes_per_token, 0);
  EXPECT_EQ(one.k_max, 8);
  const Generation two = generator_.Run(prompt_, {.k = 3, .max_tokens = 2});
  EXPECT_EQ(two.experts_touched, 3 * engine_.transformer().hyper().n_layers);
}

}  // namespace
}  // namespace moebench
