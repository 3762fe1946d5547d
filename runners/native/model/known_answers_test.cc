// Answers that are known without a reference: what must not change anything, changes nothing, bit
// for bit.
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <cmath>

#include "harness/base/error.h"
#include "runners/native/gguf/testing/temp_file.h"
#include "runners/native/gguf/testing/tiny_model.h"
#include "runners/native/model/engine.h"

namespace moebench {
namespace {

std::vector<int> Cpus(std::size_t n) {
  cpu_set_t allowed;
  sched_getaffinity(0, sizeof allowed, &allowed);
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE && cpus.size() < n; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) cpus.push_back(cpu);
  }
  return cpus;
}

std::vector<int> Tokens(int n) {
  std::vector<int> tokens;
  for (int i = 0; i < n; ++i) tokens.push_back((i * i * 3 + i * 29 + 7) % 128);
  return tokens;
}

std::vector<float> LogitsOfFile(const GgufBuilder& builder, int k, std::size_t threads = 1) {
  const TempFile file(builder.Build());
  Engine engine(GgufFile::Open(file.path()), {.thread_cpus = Cpus(threads), .context_tokens = 128});
  return engine.Logits(Tokens(70), k);
}

double RelativeError(const std::vector<float>& got, const std::vector<float>& wanted) {
  double error = 0, norm = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    error += std::pow(got[i] - wanted[i], 2);
    norm += std::pow(wanted[i], 2);
  }
  return std::sqrt(error / norm);
}

std::string KeyOf(const TinyModel& model, const char* key) {
  return model.architecture + "." + key;
}

TEST(KnownAnswers, KOfAllLayersInOneNumberOrOneForEachIsTheSame) {
  const TinyModel& model = TinyModelNamed("qwen3moe-yarn");
  const std::vector<float> wanted = LogitsOfFile(BuildTinyModel(model), 4);
  GgufBuilder schedule = BuildTinyModel(model);
  schedule.SetInts(KeyOf(model, "expert_used_count"), {4, 4, 4});
  EXPECT_EQ(LogitsOfFile(schedule, 4), wanted);
}

TEST(KnownAnswers, WhatTheFileSaysOfKChangesNothingOnceKIsGiven) {
  for (const char* name : {"qwen2moe", "glm4moe", "deepseek2-v3", "gpt-oss", "granitehybrid"}) {
    const TinyModel& model = TinyModelNamed(name);
    GgufBuilder other = BuildTinyModel(model);
    other.SetUint32(KeyOf(model, "expert_used_count"), 2);
    EXPECT_EQ(LogitsOfFile(other, 4), LogitsOfFile(BuildTinyModel(model), 4)) << name;
  }
}

TEST(KnownAnswers, WithoutTheExpertsWidthInTheMetadataEveryKLoads) {
  const TinyModel& model = TinyModelNamed("qwen3vlmoe");
  GgufBuilder without = BuildTinyModel(model);
  without.Remove(KeyOf(model, "expert_feed_forward_length"));
  for (const int k : {1, 4, 7}) {
    EXPECT_EQ(LogitsOfFile(without, k), LogitsOfFile(BuildTinyModel(model), k));
  }
}

TEST(KnownAnswers, MoreExpertsThanTheOpenGroupsHoldAreRefused) {
  EXPECT_NO_THROW(LogitsOfFile(BuildTinyModel(TinyModelNamed("deepseek2-v3")), 8));
  EXPECT_THROW(LogitsOfFile(BuildTinyModel(TinyModelNamed("deepseek2-v3")), 9), Error);
  EXPECT_THROW(LogitsOfFile(BuildTinyModel(TinyModelNamed("qwen3")), 1), Error);
}

class EveryArchitecture : public testing::TestWithParam<TinyModel> {};

// Only the order of sums may differ. The order of no sum does, but where oneDNN computes.
TEST_P(EveryArchitecture, GivesTheSameWithMoreThreads) {
  if (Cpus(2).size() < 2) GTEST_SKIP() << "one cpu is allowed here";
  const GgufBuilder builder = BuildTinyModel(GetParam());
  const int k = GetParam().n_experts == 0 ? 0 : 4;
  EXPECT_LT(RelativeError(LogitsOfFile(builder, k, 2), LogitsOfFile(builder, k)), 1e-5);
}

TEST_P(EveryArchitecture, GivesTheSameTokenByToken) {
  const TempFile file(BuildTinyModel(GetParam()).Build());
  Engine engine(GgufFile::Open(file.path()), {.thread_cpus = Cpus(1), .context_tokens = 128});
  const int k = GetParam().n_experts == 0 ? 0 : 4;
  const std::vector<int> tokens = Tokens(70);
  const std::vector<float> wanted = engine.Logits(tokens, k);
  engine.transformer().Reset();  // whatever the layers remember is forgotten
  std::vector<float> got, next(128);
  for (const int token : tokens) {
    engine.transformer().Forward({&token, 1}, k, LogitsOf::kLast, next);
    got.insert(got.end(), next.begin(), next.end());
  }
  EXPECT_LT(RelativeError(got, wanted), 1e-5);
}

// Q8_0 has 8 bits of a block's largest: 1/127/2 of three deviations, some 1 % of each product. That
// swaps experts of random weights now and then; a wrong path would leave nothing alike. Delta nets
// make errors larger (testing/architecture_agreement.h).
TEST_P(EveryArchitecture, GivesNearlyTheSameQuantised) {
  const int k = GetParam().n_experts;  // of all: no choice that could fall otherwise
  const int open = GetParam().groups == 0 ? k : k / GetParam().groups * GetParam().groups_used;
  const std::vector<float> wanted = LogitsOfFile(BuildTinyModel(GetParam()), open);
  const std::vector<float> got = LogitsOfFile(BuildTinyModel(GetParam(), TensorType::kQ8_0), open);
  EXPECT_LT(RelativeError(got, wanted), GetParam().delta_net ? 0.4 : 0.1);
}

INSTANTIATE_TEST_SUITE_P(All, EveryArchitecture, testing::ValuesIn(TinyModels()),
                         [](const auto& param_info) {
                           std::string name = param_info.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(RecurrentStates, ComeBackBitForBit) {
  const TempFile file(BuildTinyModel(TinyModelNamed("qwen35moe")).Build());
  Engine engine(GgufFile::Open(file.path()), {.thread_cpus = Cpus(1), .context_tokens = 128});
  engine.Logits(Tokens(20), 4);
  Transformer& model = engine.transformer();
  std::vector<float> before(model.state_floats()), after(model.state_floats());
  EXPECT_GT(before.size(), 0u);
  model.SaveState(before);
  const int token = 3;
  std::vector<float> logits(128);
  model.Forward({&token, 1}, 4, LogitsOf::kLast, logits);
  model.SaveState(after);
  EXPECT_NE(after, before);
  model.RestoreState(before, 20);
  EXPECT_EQ(model.position(), 20);
  model.SaveState(after);
  EXPECT_EQ(after, before);
}

}  // namespace
}  // namespace moebench
