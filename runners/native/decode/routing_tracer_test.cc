// A trace recorded in passes of many tokens is the one that decoding token by token would give.
#include "runners/native/decode/routing_tracer.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>

#include "harness/base/error.h"
#include "runners/native/gguf/testing/temp_file.h"
#include "runners/native/gguf/testing/tiny_moe.h"
#include "runners/native/model/engine.h"

namespace moebench {
namespace {

std::vector<int> Cpus(std::size_t n) {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  int cpu = 0;
  while (!CPU_ISSET(cpu, &set)) ++cpu;
  return std::vector<int>(n, cpu);
}

std::vector<int> SomeTokens(int n) {
  std::vector<int> tokens;
  for (int i = 0; i < n; ++i) tokens.push_back((i * i * 37 + 11) % 96);
  return tokens;
}

// As the engine counts single tokens.
RoutingTrace TokenByToken(Transformer& transformer, const std::vector<int>& tokens, int k) {
  const Hyper& hyper = transformer.hyper();
  RoutingTrace trace{
      .n_experts = hyper.n_experts, .n_layers = hyper.n_layers, .ids = {}, .begin = {0}};
  transformer.Reset();
  for (const int token : tokens) {
    transformer.stats().Clear();
    transformer.Forward({&token, 1}, k, LogitsOf::kNone, {});
    for (std::size_t i = 0; i < transformer.stats().touched.size(); ++i) {
      const int expert = static_cast<int>(i) % hyper.n_experts;
      if (transformer.stats().touched[i] != 0) trace.ids.push_back(expert);
      if (expert + 1 == hyper.n_experts) trace.begin.push_back(trace.ids.size());
    }
  }
  return trace;
}

struct Case {
  const char* name;
  TensorType type;
  int k;
  ExpertSplit split;  // of 2 layers, 8 experts
};

class RoutingTracerTest : public testing::TestWithParam<Case> {};

TEST_P(RoutingTracerTest, ManyTokensAtOnceTakeTheExpertsOfSingleOnes) {
  const TempFile file(TinyMoe({.type = GetParam().type, .context = 320}).Build());
  const GgufFile gguf = GgufFile::Open(file.path());
  Engine engine(gguf, {.thread_cpus = Cpus(2), .context_tokens = 320, .experts = GetParam().split});
  const std::vector<int> tokens = SomeTokens(300);  // more than one pass
  const int k = GetParam().k;
  const RoutingTrace single = TokenByToken(engine.transformer(), tokens, k);
  const RoutingTrace trace = RoutingTracer(engine.transformer()).Run(tokens, k);
  EXPECT_EQ(trace.n_experts, 8);
  EXPECT_EQ(trace.n_layers, 2);
  ASSERT_EQ(trace.n_tokens(), 300);
  ASSERT_EQ(trace.begin, single.begin) << "k of each";
  int others = 0;
  for (int token = 0; token < 300; ++token) {
    for (int layer = 0; layer < 2; ++layer) {
      const auto a = trace.Experts(token, layer), b = single.Experts(token, layer);
      ASSERT_EQ(static_cast<int>(a.size()), k);
      others += std::equal(a.begin(), a.end(), b.begin()) ? 0 : 1;
    }
  }
  // Passes round otherwise: quantised activations make a choice another one now and then.
  EXPECT_LE(others, GetParam().type == TensorType::kF32 ? 0 : 6) << "of 600";
  EXPECT_EQ(engine.transformer().stats().k_min, k);
  EXPECT_EQ(engine.transformer().stats().k_max, k);
  EXPECT_TRUE(engine.transformer().stats().recorded.empty()) << "the next passes are not recorded";
}

const ExpertSplit kTwoGroups{
    .group_of_thread = {0, 1},
    .group_of_expert = {{0, 1, 0, 1, 0, 1, 0, 1}, {1, 1, 1, 1, 0, 0, 0, 0}}};

INSTANTIATE_TEST_SUITE_P(Models, RoutingTracerTest,
                         testing::Values(Case{"F32", TensorType::kF32, 2, {}},
                                         Case{"AllExperts", TensorType::kF32, 8, {}},
                                         Case{"WholeExperts", TensorType::kF32, 3, kTwoGroups},
                                         Case{"Q8", TensorType::kQ8_0, 2, {}}),
                         [](const auto& param) { return std::string(param.param.name); });

TEST(RoutingTracer, RefusesWhatCantBeTracedAndRecordsNothingAfterwards) {
  const TempFile file(TinyMoe({}).Build());
  const GgufFile gguf = GgufFile::Open(file.path());
  Engine engine(gguf, {.thread_cpus = Cpus(1), .context_tokens = 16});
  RoutingTracer tracer(engine.transformer());
  EXPECT_THROW(tracer.Run({}, 2), Error);
  EXPECT_THROW(tracer.Run(SomeTokens(4), 9), Error);
  EXPECT_THROW(tracer.Run(SomeTokens(17), 2), Error);
  EXPECT_TRUE(engine.transformer().stats().recorded.empty());
  EXPECT_EQ(tracer.Run(SomeTokens(16), 2).n_tokens(), 16);
}

}  // namespace
}  // namespace moebench
