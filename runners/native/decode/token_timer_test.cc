#include "runners/native/decode/token_timer.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <numeric>

#include "harness/base/error.h"
#include "harness/base/hash.h"
#include "runners/native/gguf/testing/temp_file.h"
#include "runners/native/gguf/testing/tiny_moe.h"
#include "runners/native/model/engine.h"

namespace moebench {
namespace {

constexpr int kK0 = 2;

class TokenTimerTest : public testing::Test {
 protected:
  TokenTimerTest() : timer_(engine_.transformer(), engine_.team()) {
    for (int i = 0; i < 20; ++i) text_.push_back((i * 37 + 11) % 96);
  }
  static std::vector<int> Cpus() {
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof set, &set);
    int cpu = 0;
    while (!CPU_ISSET(cpu, &set)) ++cpu;
    return {cpu};
  }
  // The hash of the logits that follow the first n tokens of the text, all at k0, one at a time:
  // passes of other sizes add up in another order.
  uint64_t HashAfter(int n) {
    Transformer& model = engine_.transformer();
    std::vector<float> logits(static_cast<size_t>(model.hyper().vocabulary));
    model.Reset();
    for (int i = 0; i < n; ++i) {
      const int token = text_[static_cast<size_t>(i) % text_.size()];
      model.Forward({&token, 1}, kK0, LogitsOf::kLast, logits);
    }
    timer_.Forget();
    return Fnv1a64({reinterpret_cast<const char*>(logits.data()), logits.size() * sizeof(float)});
  }

  TempFile file_{TinyMoe({.k0 = kK0}).Build()};
  GgufFile gguf_ = GgufFile::Open(file_.path());
  Engine engine_{gguf_, {.thread_cpus = Cpus(), .context_tokens = 128}};
  TokenTimer timer_;
  std::vector<int> text_;
};

TEST_F(TokenTimerTest, FeedsTheTextAndBeginsItAgainWhereItIsShort) {
  const uint64_t after_30 = HashAfter(30), after_24 = HashAfter(24);
  const TokenTest prompt =
      timer_.Run(text_, {.k = kK0, .depth = 10, .prompt_tokens = 20, .batch_tokens = 1});
  EXPECT_EQ(prompt.logits_hash, after_30);
  EXPECT_GT(prompt.prefill_ms, 0);
  EXPECT_TRUE(prompt.inter_token_ms.empty());
  EXPECT_EQ(prompt.bytes_per_token, 0);
  const TokenTest steps =
      timer_.Run(text_, {.k = kK0, .depth = 20, .generated_tokens = 4, .batch_tokens = 1});
  EXPECT_EQ(steps.logits_hash, after_24);
  EXPECT_EQ(steps.prefill_ms, 0);
  EXPECT_EQ(steps.inter_token_ms.size(), 4u);
  EXPECT_GT(steps.bytes_per_token, 0);
}

TEST_F(TokenTimerTest, AKeptDepthGivesWhatAFreshOneDoes) {
  const TokenTestOptions far{.k = kK0, .depth = 40, .generated_tokens = 3, .batch_tokens = 1};
  const uint64_t fresh = timer_.Run(text_, far).logits_hash;
  EXPECT_EQ(timer_.Run(text_, far).logits_hash, fresh);
  timer_.Run(text_, {.k = 1, .depth = 40, .prompt_tokens = 9});
  timer_.Run(text_, {.k = 5, .depth = 7, .generated_tokens = 9, .batch_tokens = 1});
  EXPECT_EQ(timer_.Run(text_, far).logits_hash, fresh);
}

TEST_F(TokenTimerTest, RunsAtTheExpertsAskedFor) {
  for (const int k : {1, 3}) {
    const TokenTest test = timer_.Run(text_, {.k = k, .depth = 5, .prompt_tokens = 6});
    EXPECT_EQ(test.k_min, k);
    EXPECT_EQ(test.k_max, k);
    EXPECT_GE(test.experts_touched, 2 * k);  // of two layers
  }
}

TEST_F(TokenTimerTest, SmallBatchesGiveTheSameLogits) {
  const TokenTest whole = timer_.Run(text_, {.k = kK0, .prompt_tokens = 23});
  const TokenTest parts = timer_.Run(text_, {.k = kK0, .prompt_tokens = 23, .batch_tokens = 4});
  EXPECT_GT(whole.experts_touched, 0);
  EXPECT_EQ(whole.experts_touched, parts.experts_touched);
}

TEST_F(TokenTimerTest, WhatCanNotBeIsRefused) {
  EXPECT_THROW(timer_.Run({}, {.prompt_tokens = 4}), Error);
  EXPECT_THROW(timer_.Run(text_, {.depth = 4}), Error);
  EXPECT_THROW(timer_.Run(text_, {.prompt_tokens = -1, .generated_tokens = 4}), Error);
  EXPECT_THROW(timer_.Run(text_, {.depth = 100, .prompt_tokens = 29}), Error);
  EXPECT_THROW(timer_.Run(text_, {.prompt_tokens = 4, .batch_tokens = 0}), Error);
}

}  // namespace
}  // namespace moebench
