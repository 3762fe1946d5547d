// The native runner on the bundled model: what it reports is what it did.
#include "runners/native/native_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <numeric>

#include "harness/base/error.h"

namespace moebench {
namespace {

const char* const kDemo = MOEBENCH_SOURCE_DIR "/suites/demo/demo-moe.gguf";

// Asked before any runner pins this thread.
std::vector<int> AllowedCpus(std::size_t n) {
  static const cpu_set_t all = [] {
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof set, &set);
    return set;
  }();
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE && cpus.size() < n; ++cpu) {
    if (CPU_ISSET(cpu, &all)) cpus.push_back(cpu);
  }
  return cpus;
}

LoadRequest Request(const std::string& policy, std::size_t threads) {
  return {.model_path = kDemo,
          .placement = {.policy = policy, .thread_cpus = AllowedCpus(threads), .memory_nodes = {0}},
          .context_tokens = 256};
}

class NativeRunner : public testing::Test {
 protected:
  NativeRunner() : runner_(MakeNativeRunner()) {
    report_ = runner_->Load(Request("interleave", 2), {});
    runner_->Warm();
  }
  std::unique_ptr<Runner> runner_;
  LoadReport report_;
};

TEST_F(NativeRunner, ReportsTheModelItLoaded) {
  EXPECT_EQ(report_.facts.architecture, "qwen3moe");
  EXPECT_GT(report_.load_s, 0);
  EXPECT_FALSE(report_.isa.empty());
  EXPECT_FALSE(report_.engine_version.empty());
}

TEST_F(NativeRunner, TheKernelConfirmsThreadsAndPages) {
  EXPECT_EQ(report_.proof.thread_cpus, AllowedCpus(2));
  if (!report_.proof.unavailable.empty()) GTEST_SKIP() << report_.proof.unavailable;
  EXPECT_EQ(report_.proof.pages_absent, 0);
  int64_t pages = 0;
  for (const auto& [node, count] : report_.proof.pages_per_node) pages += count;
  EXPECT_GT(pages * 4096, report_.facts.file_bytes / 2);
}

TEST_F(NativeRunner, ExecutesTheNumberOfExpertsAskedFor) {
  for (const int k : {1, 3, 8, 16, 0}) {
    const int wanted = k == 0 ? report_.facts.k0 : k;
    const GenerateResult result =
        runner_->Generate({.prompt = "2+3=", .k = k, .max_tokens = 6, .ignore_eos = true});
    EXPECT_EQ(result.k_executed_min, wanted);
    EXPECT_EQ(result.k_executed_max, wanted);
    const double weights = static_cast<double>(report_.facts.ActiveBytes(wanted));
    EXPECT_GT(result.bytes_per_token, weights);  // and the KV cache
    EXPECT_LT(result.bytes_per_token,
              weights + 256.0 * static_cast<double>(report_.facts.kv_bytes_per_position));
  }
}

TEST_F(NativeRunner, TheTrainedExpertCountByNameIsTheDefault) {
  const GenerateRequest by_default{.prompt = "Hello", .k = 0, .max_tokens = 8, .ignore_eos = true};
  GenerateRequest by_name = by_default;
  by_name.k = report_.facts.k0;
  const GenerateResult a = runner_->Generate(by_default), b = runner_->Generate(by_name);
  EXPECT_EQ(a.tokens, b.tokens);
  EXPECT_EQ(a.logits_hash, b.logits_hash);
}

TEST_F(NativeRunner, OtherThreadsAndPoliciesGiveTheSameBits) {
  const GenerateRequest request{.prompt = "sort dcab:", .max_tokens = 12, .ignore_eos = true};
  const GenerateResult wanted = runner_->Generate(request);
  for (const char* policy : {"interleave", "local"}) {
    for (const std::size_t threads : {1, 2}) {
      runner_->Load(Request(policy, threads), {});
      const GenerateResult result = runner_->Generate(request);
      EXPECT_EQ(result.tokens, wanted.tokens);
      EXPECT_EQ(result.logits_hash, wanted.logits_hash);
    }
  }
}

TEST_F(NativeRunner, RowShardTellsWhereTheRowsOfEachNodesThreadsAre) {
  const GenerateRequest request{.prompt = "sort dcab:", .max_tokens = 4, .ignore_eos = true};
  const GenerateResult wanted = runner_->Generate(request);
  LoadRequest shard = Request("row-shard", 2);
  shard.placement.thread_nodes = {0, 0};
  const PlacementProof proof = runner_->Load(shard, {}).proof;
  EXPECT_EQ(runner_->Generate(request).logits_hash, wanted.logits_hash);
  if (!proof.unavailable.empty()) GTEST_SKIP() << proof.unavailable;
  EXPECT_EQ(PlacementMismatch(shard.placement, proof, 1), "");
  shard.placement.thread_nodes = {0};
  EXPECT_THROW(runner_->Load(shard, {}), Error);
}

TEST_F(NativeRunner, ExpertShardTellsWhereTheExpertsOfEachNodeAre) {
  const GenerateRequest request{.prompt = "sort dcab:", .max_tokens = 4, .ignore_eos = true};
  const GenerateResult wanted = runner_->Generate(request);
  LoadRequest shard = Request("expert-shard", 2);
  EXPECT_THROW(runner_->Load(shard, {}), Error) << "says no node of its threads";
  shard.placement.thread_nodes = {0, 0};
  const PlacementProof proof = runner_->Load(shard, {}).proof;
  const GenerateResult got = runner_->Generate(request);
  EXPECT_EQ(got.logits_hash, wanted.logits_hash);
  EXPECT_EQ(got.k_executed_min, wanted.k_executed_min);
  EXPECT_EQ(got.bytes_per_token, wanted.bytes_per_token);
  if (!proof.unavailable.empty()) GTEST_SKIP() << proof.unavailable;
  EXPECT_EQ(PlacementMismatch(shard.placement, proof, 1), "");
  const auto experts = std::find_if(proof.parts.begin(), proof.parts.end(),
                                    [](const MemoryPart& part) { return part.what == "experts"; });
  ASSERT_NE(experts, proof.parts.end());
  EXPECT_EQ(experts->node, 0);
  const auto bytes = static_cast<double>(report_.facts.expert_bytes * report_.facts.n_experts *
                                         report_.facts.n_moe_layers);
  EXPECT_NEAR(static_cast<double>(experts->pages_per_node.at(0)) * 4096, bytes, 0.05 * bytes);
}

TEST_F(NativeRunner, SpeedRequestsMakeAllTheirTokens) {
  const GenerateResult result =
      runner_->Generate({.prompt = "2+3=", .max_tokens = 40, .ignore_eos = true});
  EXPECT_EQ(result.tokens.size(), 40u);
  EXPECT_EQ(result.inter_token_ms.size(), 39u);
  EXPECT_EQ(result.finish, "length");
  EXPECT_GT(result.prefill_ms, 0);
}

TEST_F(NativeRunner, SaysHowLongThreadsWaited) {
  const GenerateResult result =
      runner_->Generate({.prompt = "2+3=", .max_tokens = 20, .ignore_eos = true});
  for (const auto& wait : {result.prefill_wait, result.decode_wait}) {
    ASSERT_TRUE(wait.has_value());
    EXPECT_GT(wait->most, 0);  // a token's layers have barriers; two threads are never that equal
    EXPECT_LE(wait->most, 1);
    EXPECT_LE(wait->mean, wait->most);
  }
  EXPECT_FALSE(runner_->Generate({.prompt = "2+3=", .max_tokens = 1}).decode_wait.has_value());
}

TEST_F(NativeRunner, AnAnswerThatEndsIsFinishedByStop) {
  const GenerateResult result = runner_->Generate({.prompt = "2+3=", .max_tokens = 100});
  EXPECT_EQ(result.finish, "stop");
  EXPECT_EQ(result.inter_token_ms.size() + 1, result.tokens.size());
}

TEST_F(NativeRunner, SamplingIsReproducibleFromItsSeed) {
  GenerateRequest request{.prompt = "Tell me a story.",
                          .max_tokens = 30,
                          .ignore_eos = true,
                          .temperature = 1.5,
                          .seed = 7};
  const GenerateResult first = runner_->Generate(request), again = runner_->Generate(request);
  EXPECT_EQ(first.tokens, again.tokens);
  request.seed = 8;
  EXPECT_NE(first.tokens, runner_->Generate(request).tokens);
}

TEST_F(NativeRunner, TheWordThatFollowsInItsStoriesIsLikelierThanAnother) {
  const ChoiceScore score = runner_->ScoreChoices(
      {.prompt = "Once upon a", .continuations = {" time", " zebra", " time"}});
  ASSERT_EQ(score.continuations.size(), 3u);
  EXPECT_EQ(score.k_executed_min, report_.facts.k0);
  const auto sum = [](const std::vector<float>& log_p) {
    return std::accumulate(log_p.begin(), log_p.end(), 0.0);
  };
  EXPECT_GT(sum(score.continuations[0].log_p), sum(score.continuations[1].log_p));
  EXPECT_EQ(score.continuations[0].log_p, score.continuations[2].log_p);
  EXPECT_THROW(runner_->ScoreChoices({.prompt = "x", .continuations = {""}}), Error);
}

TEST_F(NativeRunner, ATextIsScoredInWindowsAtEachExpertCount) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "Tom had a red ball. ";
  const TextScore score = runner_->ScoreText({.text = text, .ks = {0, 2}, .window_tokens = 64});
  ASSERT_EQ(score.arms.size(), 2u);
  EXPECT_GE(score.windows, 2);
  EXPECT_EQ(score.windows, score.text_tokens / 64);
  EXPECT_EQ(score.scored_per_window, 31);
  EXPECT_EQ(score.arms[0].k_executed_max, report_.facts.k0);
  EXPECT_EQ(score.arms[1].k_executed_min, 2);
  EXPECT_EQ(score.arms[1].kl.size(), static_cast<size_t>(score.windows) * 31);
  const TextScore second = runner_->ScoreText(
      {.text = text, .ks = {0}, .window_tokens = 64, .first_window = 1, .max_windows = 1});
  EXPECT_EQ(second.arms[0].log_p,
            std::vector<float>(score.arms[0].log_p.begin() + 31, score.arms[0].log_p.begin() + 62));
}

TEST_F(NativeRunner, TracesTheExpertsOfATextsTokens) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "Tom had a red ball. ";
  const RoutingResult result = runner_->TraceRouting({.text = text, .max_tokens = 100});
  const RoutingTrace& trace = result.trace;
  EXPECT_EQ(trace.n_tokens(), 100);
  EXPECT_EQ(trace.n_experts, report_.facts.n_experts);
  EXPECT_EQ(trace.n_layers, report_.facts.n_moe_layers);
  EXPECT_EQ(result.k_executed_min, report_.facts.k0);
  EXPECT_EQ(result.k_executed_max, report_.facts.k0);
  EXPECT_EQ(trace.ids.size(), 100u * static_cast<size_t>(trace.n_layers * report_.facts.k0));
  const RoutingResult at_2 = runner_->TraceRouting({.text = text, .k = 2, .max_tokens = 100'000});
  EXPECT_EQ(at_2.trace.Experts(9, 0).size(), 2u);
  EXPECT_LE(at_2.trace.n_tokens(), 256) << "the context";
  EXPECT_THROW(runner_->TraceRouting({.text = text, .max_tokens = 0}), Error);
  EXPECT_THROW(runner_->TraceRouting({.text = text, .k = 33}), Error);
  const GenerateRequest request{.prompt = "Tom had", .max_tokens = 8, .ignore_eos = true};
  const GenerateResult before = runner_->Generate(request);
  runner_->TraceRouting({.text = text});
  EXPECT_EQ(runner_->Generate(request).logits_hash, before.logits_hash) << "it leaves nothing";
}

TEST_F(NativeRunner, RefusesWithOneSentence) {
  const auto refused = [&](const GenerateRequest& request, const char* because) {
    try {
      runner_->Generate(request);
      FAIL() << "took " << because;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr(because));
    }
  };
  refused({.prompt = "x", .k = 33}, "k = 33");
  refused({.prompt = "x", .k = -1}, "k = -1");
  refused({.prompt = "x", .decoding = "draft"}, "no draft model is loaded");
  refused({.prompt = "x", .decoding = "tree"}, "'tree' is not known");
  refused({.prompt = "x", .max_tokens = 0}, "max_tokens");
  refused({.prompt = "x", .max_tokens = 100'000}, "context");
  refused({.prompt = "", .chat = false}, "no tokens");
  EXPECT_NO_THROW(runner_->Generate({.prompt = "x", .max_tokens = 2}));
}

TEST_F(NativeRunner, LookupSaysWhatPlainSays) {
  GenerateRequest request{
      .prompt = "Repeat: one two three four one two three four one two three four",
      .max_tokens = 48,
      .ignore_eos = true};
  const GenerateResult plain = runner_->Generate(request);
  request.decoding = "lookup";
  for (const int tokens : {0, 3, 15}) {
    request.speculation.draft_tokens = tokens;
    const GenerateResult made = runner_->Generate(request);
    ASSERT_TRUE(made.speculation.has_value());
    EXPECT_EQ(made.tokens, plain.tokens);
    EXPECT_EQ(*made.drafted, made.speculation->looked_up);
    EXPECT_EQ(made.inter_token_ms.size(), plain.inter_token_ms.size());
    EXPECT_EQ(made.k_executed_min, plain.k_executed_min);
  }
}

TEST(NativeRunnerDraft, AModelDraftsForItself) {
  LoadRequest load = Request("interleave", 2);
  load.draft_path = kDemo;
  const std::unique_ptr<Runner> runner = MakeNativeRunner();
  const LoadReport report = runner->Load(load, {});
  if (report.proof.unavailable.empty()) {
    int64_t pages = 0;
    for (const auto& [node, count] : report.proof.pages_per_node) pages += count;
    EXPECT_GT(pages * 4096, 3 * report.facts.file_bytes / 2) << "of both models";
  }
  runner->Warm();
  GenerateRequest request{.prompt = "Tell me a story.", .max_tokens = 40, .ignore_eos = true};
  const GenerateResult plain = runner->Generate(request);
  request.speculation = {.draft_tokens = 4, .min_probability = 0};
  for (const char* decoding : {"draft", "draft+lookup"}) {
    request.decoding = decoding;
    const GenerateResult made = runner->Generate(request);
    EXPECT_EQ(made.tokens, plain.tokens);
    EXPECT_GT(*made.accepted, 20);
    EXPECT_GT(made.bytes_per_token, 0);
    EXPECT_LE(*made.accepted, *made.drafted);
  }
}

TEST(NativeRunnerDraft, TheBundledDraftIsMostlyRightAndChangesNothing) {
  LoadRequest load = Request("interleave", 2);
  load.draft_path = MOEBENCH_SOURCE_DIR "/suites/demo/demo-draft.gguf";
  const std::unique_ptr<Runner> runner = MakeNativeRunner();
  runner->Load(load, {});
  const char* const story =
      "Here is a story. Long ago, a frog called Dana was born. Home was a small house in the barn. "
      "One evening Dana could not sleep. So Dana went out to look for beans. From that day on they "
      "were friends. Now tell me another story about Eli the rabbit.";
  for (const char* prompt : {"2+3=", "sort dcab:", story}) {
    for (const int k : {8, 2}) {
      GenerateRequest request{.prompt = prompt, .k = k, .max_tokens = 60};
      const GenerateResult plain = runner->Generate(request);
      for (const char* decoding : {"lookup", "draft", "draft+lookup"}) {
        request.decoding = decoding;
        for (const int tokens : {0, 4}) {
          request.speculation.draft_tokens = tokens;
          const GenerateResult made = runner->Generate(request);
          EXPECT_EQ(made.tokens, plain.tokens) << decoding;
          EXPECT_EQ(made.finish, plain.finish);
          EXPECT_EQ(made.logits_hash, plain.logits_hash);
          if (prompt != story || k != 8 || tokens == 0 || decoding[0] != 'd') continue;
          EXPECT_GT(made.speculation->drafted, 30);
          EXPECT_GT(10 * made.speculation->accepted, 6 * made.speculation->drafted);
        }
      }
    }
  }
}

TEST(NativeRunnerDraft, AnotherVocabularyIsRefusedBeforeLoading) {
  LoadRequest load = Request("interleave", 1);
  load.draft_path = MOEBENCH_SOURCE_DIR "/runners/native/tokenizer/testdata/demo-vocab.gguf";
  const std::unique_ptr<Runner> runner = MakeNativeRunner();
  try {
    runner->Load(load, {});
    FAIL() << "took it";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("demo-vocab.gguf"));
  }
}

TEST_F(NativeRunner, VerificationIsTimedAtTheSizesAskedFor) {
  const MeasureRequest request{.text = "One sentence after the other, all of them different.",
                               .k = 4,
                               .depth_tokens = 5,
                               .verify_tokens = {1, 2, 8}};
  const MeasureResult result = runner_->Measure(request);
  ASSERT_EQ(result.verify.size(), 3u);
  EXPECT_EQ(result.verify[2].tokens, 8);
  EXPECT_EQ(result.verify[0].experts_per_layer, 4);
  EXPECT_GT(result.verify[1].experts_per_layer, 4);
  EXPECT_LE(result.verify[1].experts_per_layer, 8);
  EXPECT_GT(result.verify[2].bytes, result.verify[0].bytes);
  EXPECT_LE(result.verify[2].lo_ms, result.verify[2].ms);
  EXPECT_EQ(result.k_executed_max, 4);
  MeasureRequest wrong = request;
  wrong.verify_tokens = {17};
  EXPECT_THROW(runner_->Measure(wrong), Error);
  wrong = request;
  wrong.prompt_tokens = 3;
  EXPECT_THROW(runner_->Measure(wrong), Error);
}

TEST(NativeRunnerAlone, WantsAModelFirst) {
  EXPECT_THROW(MakeNativeRunner()->Generate({.prompt = "x"}), Error);
}

}  // namespace
}  // namespace moebench
