// Whole experts with groups of threads: other threads compute, the bits stay.
#include "runners/native/model/expert_split.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <cstring>

#include "runners/native/gguf/testing/temp_file.h"
#include "runners/native/gguf/testing/tiny_model.h"
#include "runners/native/gguf/testing/tiny_moe.h"
#include "runners/native/model/engine.h"

namespace moebench {
namespace {

int FirstCpu() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  int cpu = 0;
  while (!CPU_ISSET(cpu, &set)) ++cpu;
  return cpu;
}

// Experts of each layer on groups: those of layer l and number e on group (7 e + l) mod n.
ExpertSplit Split(const std::vector<int>& group_of_thread, const Hyper& hyper) {
  const int n = 1 + *std::max_element(group_of_thread.begin(), group_of_thread.end());
  ExpertSplit split{.group_of_thread = group_of_thread, .group_of_expert = {}};
  for (int layer = 0; layer < hyper.CountOf(FeedForward::kExperts); ++layer) {
    std::vector<int>& groups = split.group_of_expert.emplace_back();
    for (int e = 0; e < hyper.n_experts; ++e) groups.push_back((7 * e + layer) % n);
  }
  return split;
}

Engine Load(const GgufFile& file, std::size_t threads, const ExpertSplit& split) {
  return Engine(file, {.thread_cpus = std::vector<int>(threads, FirstCpu()),
                       .context_tokens = 128,
                       .experts = split});
}

std::vector<int> SomeTokens(int n) {
  std::vector<int> tokens;
  for (int i = 0; i < n; ++i) tokens.push_back((i * 37 + 11) % 96);
  return tokens;
}

// Logits of a batch of 16 and behind it of four tokens one at a time.
std::vector<float> LogitsOfSome(Engine& engine, int k) {
  Transformer& transformer = engine.transformer();
  const std::vector<int> tokens = SomeTokens(20);
  const std::size_t width = static_cast<std::size_t>(transformer.hyper().vocabulary);
  std::vector<float> logits(20 * width);
  transformer.Reset();
  transformer.Forward(std::span(tokens).first(16), k, LogitsOf::kAll,
                      std::span(logits).first(16 * width));
  for (std::size_t i = 16; i < 20; ++i) {
    transformer.Forward({&tokens[i], 1}, k, LogitsOf::kLast,
                        std::span(logits).subspan(i * width, width));
  }
  return logits;
}

void ExpectSameBits(const GgufFile& file, int k) {
  const Hyper hyper = ReadHyper(file);
  Engine whole = Load(file, 1, {});
  const std::vector<float> wanted = LogitsOfSome(whole, k);
  for (const std::vector<int>& groups : std::vector<std::vector<int>>{
           {0}, {0, 0}, {0, 1}, {0, 1, 1}, {0, 0, 1, 1, 2}, {0, 1, 2, 3, 4, 5, 6, 7}}) {
    Engine engine = Load(file, groups.size(), Split(groups, hyper));
    const std::vector<float> got = LogitsOfSome(engine, k);
    ASSERT_EQ(got.size(), wanted.size());
    EXPECT_EQ(std::memcmp(got.data(), wanted.data(), wanted.size() * sizeof(float)), 0)
        << groups.size() << " threads, k = " << k;
  }
}

TEST(ExpertSplit, GivesTheSameBitsWithEveryTypeOfWeights) {
  for (const TensorType type :
       {TensorType::kF32, TensorType::kF16, TensorType::kBF16, TensorType::kQ8_0}) {
    SCOPED_TRACE(NameOf(type));
    const TempFile file(
        TinyMoe({.type = type, .n_experts = 12, .k0 = 4, .expert_width = 96}).Build());
    const GgufFile gguf = GgufFile::Open(file.path());
    for (const int k : {1, 4, 12}) ExpectSameBits(gguf, k);
  }
}

TEST(ExpertSplit, GivesTheSameBitsBesideSharedExpertsAndWithBiases) {
  for (const char* name : {"gpt-oss", "deepseek2-v3", "glm4moe", "granitemoe", "qwen2moe"}) {
    SCOPED_TRACE(name);
    const TempFile file(BuildTinyModel(TinyModelNamed(name)).Build());
    ExpectSameBits(GgufFile::Open(file.path()), 4);
  }
}

TEST(ExpertSplit, CountsEveryExpertOnceWhoeverComputesIt) {
  const TempFile file(TinyMoe({.n_layers = 3, .n_experts = 8}).Build());
  const GgufFile gguf = GgufFile::Open(file.path());
  Engine whole = Load(gguf, 1, {});
  Engine split = Load(gguf, 5, Split({0, 0, 1, 2, 2}, ReadHyper(gguf)));
  for (const int k : {1, 3, 8}) {
    for (Engine* engine : {&whole, &split}) {
      engine->transformer().stats().Clear();
      LogitsOfSome(*engine, k);
    }
    const ForwardStats& wanted = whole.transformer().stats();
    const ForwardStats& got = split.transformer().stats();
    EXPECT_EQ(got.k_min, k);
    EXPECT_EQ(got.k_max, k);
    EXPECT_EQ(got.expert_runs, wanted.expert_runs);
    EXPECT_EQ(got.weight_bytes, wanted.weight_bytes);
    EXPECT_EQ(got.touched, wanted.touched);
  }
}

TEST(ExpertSplit, EachGroupsThreadsHoldItsExpertsAndNoOthers) {
  const TempFile file(TinyMoe({.n_layers = 1, .n_experts = 6, .expert_width = 64}).Build());
  const GgufFile gguf = GgufFile::Open(file.path());
  const ExpertSplit split{.group_of_thread = {0, 1, 1}, .group_of_expert = {{0, 0, 0, 0, 1, 1}}};
  Engine engine = Load(gguf, 3, split);
  std::vector<std::size_t> bytes(3);
  for (const UsedMemory& used : engine.transformer().MemoryInUse()) {
    if (used.kind == UsedMemory::Kind::kExperts) {
      bytes[static_cast<std::size_t>(used.thread)] = used.bytes.size();
    }
  }
  const std::size_t expert = 3 * 64 * 64 * sizeof(float);
  EXPECT_EQ(bytes, (std::vector<std::size_t>{4 * expert, expert, expert}));
}

}  // namespace
}  // namespace moebench
