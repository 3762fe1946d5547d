// Speculation says what plain decoding says, counts what it did, and leaves nothing behind.
#include "runners/native/decode/speculator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <memory>
#include <numeric>

#include "harness/base/error.h"
#include "runners/native/gguf/testing/temp_file.h"
#include "runners/native/gguf/testing/tiny_model.h"
#include "runners/native/model/engine.h"

namespace moebench {
namespace {

constexpr int kContext = 128, kK = 3;

std::vector<int> Cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  int cpu = 0;
  while (!CPU_ISSET(cpu, &set)) ++cpu;
  return {cpu};
}

TinyModel Named(const std::string& name, uint64_t seed) {
  TinyModel model = TinyModelNamed(name);
  model.seed = seed;
  return model;
}

GgufFile Built(const TempFile& file) { return GgufFile::Open(file.path()); }

// A model, one of the same weights and one of others that draft for it, on one team.
class Rig {
 public:
  explicit Rig(const std::string& name)
      : file_(BuildTinyModel(Named(name, 1)).Build()),
        other_file_(BuildTinyModel(Named(name, 2)).Build()),
        engine_(Built(file_), {.thread_cpus = Cpus(), .context_tokens = kContext}),
        same_(Built(file_), {.context_tokens = kContext}, engine_.team()),
        other_(Built(other_file_), {.context_tokens = kContext}, engine_.team()),
        generator_(engine_.transformer(), engine_.team()),
        by_same_(engine_.transformer(), engine_.team(), &same_.transformer()),
        by_other_(engine_.transformer(), engine_.team(), &other_.transformer()) {}

  Generation Plain(const GenerateOptions& options) { return generator_.Run(prompt_, options); }
  Generation BySame(const GenerateOptions& options, const SpeculatorOptions& how) {
    return by_same_.Run(prompt_, options, how);
  }
  Generation ByOther(const GenerateOptions& options, const SpeculatorOptions& how) {
    return by_other_.Run(prompt_, options, how);
  }
  Transformer& model() { return engine_.transformer(); }
  void set_prompt(std::vector<int> prompt) { prompt_ = std::move(prompt); }

 private:
  TempFile file_, other_file_;
  Engine engine_, same_, other_;
  Generator generator_;
  Speculator by_same_, by_other_;
  std::vector<int> prompt_{5, 6, 7, 8, 9, 5, 6, 7, 8, 9, 5, 6};
};

SpeculatorOptions Drafting(int tokens, double min_probability = 0) {
  return {.drafts = true,
          .speculation = {.draft_tokens = tokens, .min_probability = min_probability}};
}

SpeculatorOptions LookingUp(int tokens) {
  return {.looks_up = true, .speculation = {.draft_tokens = tokens, .lookup_min = 1}};
}

SpeculatorOptions Both(int tokens, double min_probability = 0.02) {
  SpeculatorOptions how = Drafting(tokens, min_probability);
  how.looks_up = true;
  how.speculation.lookup_min = 1;
  return how;
}

// Passes of at most kFewTokens tokens give each the same bits, so not even rounding parts them.
void ExpectSameText(const Generation& got, const Generation& plain, const std::string& what) {
  EXPECT_EQ(got.tokens, plain.tokens) << what;
  EXPECT_EQ(got.top_gap, plain.top_gap) << what;
  EXPECT_EQ(got.logits_hash, plain.logits_hash) << what;
}

void ExpectSoundCounts(const Generation& made, const std::string& what) {
  const SpeculationCounts& counts = *made.speculation;
  const auto sum = [](const std::vector<int64_t>& values) {
    return std::accumulate(values.begin(), values.end(), int64_t{0});
  };
  EXPECT_EQ(sum(counts.drafted_at), counts.drafted + counts.looked_up) << what;
  EXPECT_EQ(sum(counts.accepted_at), counts.accepted + counts.lookup_accepted) << what;
  EXPECT_TRUE(std::is_sorted(counts.accepted_at.rbegin(), counts.accepted_at.rend())) << what;
  EXPECT_EQ(made.inter_token_ms.size() + 1, made.tokens.size()) << what;
  EXPECT_EQ(made.top_gap.size(), made.tokens.size()) << what;
  // Every pass says one token of its own; each of them took time, those beside it none.
  EXPECT_EQ(counts.steps + counts.accepted + counts.lookup_accepted + 1,
            static_cast<int64_t>(made.tokens.size()))
      << what;
  EXPECT_EQ(std::count_if(made.inter_token_ms.begin(), made.inter_token_ms.end(),
                          [](float ms) { return ms > 0; }),
            counts.steps)
      << what;
  EXPECT_EQ(made.k_min, kK) << what;
  EXPECT_EQ(made.k_max, kK) << what;
  EXPECT_GE(counts.experts_per_step, kK) << what;
}

class Lossless : public testing::TestWithParam<const char*> {};

TEST_P(Lossless, EveryDecodingSaysWhatPlainSays) {
  Rig rig(GetParam());
  const GenerateOptions options{.k = kK, .max_tokens = 50};
  const Generation plain = rig.Plain(options);
  const auto check = [&](SpeculatorOptions how, const std::string& recurrent) {
    how.speculation.recurrent = recurrent;
    const std::string what = recurrent + " " + std::to_string(how.speculation.draft_tokens) +
                             (how.drafts ? " drafts" : "") + (how.looks_up ? " looks up" : "");
    for (const Generation& made : {rig.BySame(options, how), rig.ByOther(options, how)}) {
      ExpectSameText(made, plain, what);
      ExpectSoundCounts(made, what);
    }
  };
  for (const int tokens : {1, 4, 15}) {
    for (const SpeculatorOptions& how : {Drafting(tokens), LookingUp(tokens), Both(tokens)}) {
      check(how, "rollback");
      if (tokens == 4) check(how, "checkpoint");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, Lossless,
                         testing::Values("qwen3vlmoe", "qwen3next", "qwen35moe", "granitehybrid",
                                         "gpt-oss"),
                         [](const auto& param_info) {
                           std::string name = param_info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

class Speculation : public testing::Test {
 protected:
  Rig rig_{"qwen3next"};
  const GenerateOptions options_{.k = kK, .max_tokens = 80};
};

TEST_F(Speculation, AModelThatDraftsForItselfIsRight) {
  // At its own k, which the draft model always has.
  const GenerateOptions options{.k = rig_.model().hyper().k0, .max_tokens = 80};
  const SpeculationCounts counts = *rig_.BySame(options, Drafting(4)).speculation;
  EXPECT_GT(counts.drafted, 50);
  EXPECT_GT(static_cast<double>(counts.accepted), 0.95 * static_cast<double>(counts.drafted));
  EXPECT_LT(counts.steps, 20);
  EXPECT_GT(counts.tokens_per_pass, 4);
  EXPECT_EQ(counts.drafted_at.size(), 4u);
  EXPECT_GT(counts.draft_ms, 0);
  EXPECT_GT(counts.verify_ms, 0);
}

TEST_F(Speculation, ADraftOfOtherWeightsIsWrong) {
  const SpeculationCounts counts = *rig_.ByOther(options_, Drafting(4)).speculation;
  EXPECT_GT(counts.drafted, 200);
  EXPECT_LT(static_cast<double>(counts.accepted), 0.3 * static_cast<double>(counts.drafted));
}

TEST_F(Speculation, ADraftModelIsSilentWhereItIsNotSure) {
  EXPECT_EQ(rig_.BySame(options_, Drafting(4, 1)).speculation->drafted, 0);
  const SpeculationCounts both = *rig_.BySame(options_, Both(4, 1)).speculation;
  EXPECT_EQ(both.drafted, 0);
  EXPECT_GT(both.looked_up, 0) << "the lookup goes on where the draft model stops";
}

TEST_F(Speculation, ARequestLeavesNothingToTheNext) {
  const SpeculatorOptions how = LookingUp(4);
  const Generation first = rig_.BySame(options_, how), again = rig_.BySame(options_, how);
  EXPECT_EQ(again.tokens, first.tokens);
  EXPECT_EQ(again.logits_hash, first.logits_hash);
  EXPECT_EQ(again.speculation->looked_up, first.speculation->looked_up);
  EXPECT_EQ(again.speculation->lookup_accepted, first.speculation->lookup_accepted);
  // A text in which no token comes twice says nothing of the first answer.
  rig_.set_prompt({100});
  const Generation one = rig_.BySame({.k = kK, .max_tokens = 2}, how);
  EXPECT_EQ(one.speculation->looked_up, 0);
}

TEST_F(Speculation, EndTokensStopItAndAreInNoFigure) {
  const Generation plain = rig_.Plain(options_);
  const std::vector<int> ends{plain.tokens[17]};
  const GenerateOptions options{.k = kK, .max_tokens = 80, .end_tokens = ends};
  const Generation wanted = rig_.Plain(options);
  ASSERT_TRUE(wanted.stopped);
  for (const int tokens : {1, 3, 7}) {
    const Generation made = rig_.BySame(options, Drafting(tokens));
    EXPECT_TRUE(made.stopped);
    EXPECT_EQ(made.tokens, wanted.tokens);
    EXPECT_EQ(made.inter_token_ms.size(), wanted.inter_token_ms.size());
    EXPECT_LT(made.speculation->accepted, std::ssize(made.tokens));
  }
  GenerateOptions ignoring = options;
  ignoring.ignore_end = true;
  const Generation all = rig_.BySame(ignoring, Drafting(5));
  EXPECT_EQ(all.tokens.size(), 80u);
  EXPECT_EQ(std::count(all.tokens.begin(), all.tokens.end(), ends[0]), 0);
}

TEST_F(Speculation, FillsTheContextAndNotMore) {
  const int room = kContext - 12 + 1;
  for (const SpeculatorOptions& how : {Drafting(15), LookingUp(15), Both(15)}) {
    const Generation made = rig_.BySame({.k = kK, .max_tokens = room}, how);
    EXPECT_EQ(made.tokens.size(), static_cast<std::size_t>(room));
    EXPECT_THROW(rig_.BySame({.k = kK, .max_tokens = room + 1}, how), Error);
  }
  EXPECT_EQ(rig_.BySame({.k = kK, .max_tokens = 1}, Both(15)).tokens.size(), 1u);
}

TEST_F(Speculation, TheLengthThatPaysIsChosenByTheCosts) {
  SpeculatorOptions how = Drafting(0);
  const auto with_costs = [&](double each, double guess) {
    how.costs = CostsBetween(
        std::vector<VerifyCost>{{.tokens = 1, .ms = 10}, {.tokens = 16, .ms = 10 + 15 * each}},
        guess);
    return *rig_.BySame({.k = rig_.model().hyper().k0, .max_tokens = 100}, how).speculation;
  };
  EXPECT_GT(with_costs(0.1, 0.1).tokens_per_pass, 8);
  EXPECT_LT(with_costs(30, 10).tokens_per_pass, 1.2);
}

TEST_F(Speculation, SamplingIsReproducibleAndMakesAllItsTokens) {
  GenerateOptions options{.k = kK, .max_tokens = 50, .sampler = {.temperature = 1, .seed = 4}};
  for (const SpeculatorOptions& how : {Drafting(4), LookingUp(4), Both(4)}) {
    const Generation first = rig_.BySame(options, how), again = rig_.BySame(options, how);
    EXPECT_EQ(first.tokens.size(), 50u);
    EXPECT_EQ(first.tokens, again.tokens);
    EXPECT_TRUE(first.top_gap.empty());
  }
  const std::vector<int> before = rig_.BySame(options, Both(4)).tokens;
  options.sampler.seed = 5;
  EXPECT_NE(rig_.BySame(options, Both(4)).tokens, before);
}

TEST_F(Speculation, WhatCanNotBeIsRefused) {
  EXPECT_THROW(rig_.BySame(options_, Drafting(16)), Error);
  EXPECT_THROW(rig_.BySame(options_, Drafting(-1)), Error);
  EXPECT_THROW(rig_.BySame(options_, Drafting(4, 1.5)), Error);
  SpeculatorOptions how = LookingUp(4);
  how.speculation.lookup_max = 99;
  EXPECT_THROW(rig_.BySame(options_, how), Error);
  how = Drafting(4);
  how.speculation.recurrent = "somehow";
  EXPECT_THROW(rig_.BySame(options_, how), Error);
}

}  // namespace
}  // namespace moebench
