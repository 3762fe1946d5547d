// The types of the KV cache in the whole forward pass: the same bits for any number of threads,
// near the f32 cache, and what they cost counted right.
#include "runners/native/model/kv_cache.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "harness/base/error.h"
#include "runners/native/facts/model_facts.h"
#include "runners/native/gguf/testing/temp_file.h"
#include "runners/native/gguf/testing/tiny_moe.h"
#include "runners/native/model/engine.h"

namespace moebench {
namespace {

constexpr KvType kTypes[] = {KvType::kF32, KvType::kF16, KvType::kQ8_0};
constexpr int kContext = 300;

int FirstCpu() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  int cpu = 0;
  while (!CPU_ISSET(cpu, &set)) ++cpu;
  return cpu;
}

GgufBuilder Model(int head_dim = 32) {
  return TinyMoe({.n_heads = 6, .n_kv_heads = 2, .head_dim = head_dim, .context = kContext});
}

Engine Load(const GgufFile& file, KvType kv, int n_threads) {
  return Engine(file,
                {.thread_cpus = std::vector<int>(static_cast<std::size_t>(n_threads), FirstCpu()),
                 .context_tokens = kContext,
                 .kv = kv});
}

std::vector<int> Tokens(int n) {
  std::vector<int> tokens;
  for (int i = 0; i < n; ++i) tokens.push_back((i * 37 + 11) % 96);
  return tokens;
}

// Logits after a prompt of 200 tokens and each of 20 more, all experts in use: a choice between two
// experts would make a small difference a large one.
std::vector<float> Decode(Engine& engine) {
  constexpr int kAllExperts = 8;
  Transformer& transformer = engine.transformer();
  const std::vector<int> tokens = Tokens(220);
  std::vector<float> all, logits(96);
  transformer.Reset();
  transformer.Forward(std::span(tokens).first(200), kAllExperts, LogitsOf::kLast, logits);
  for (std::size_t i = 200; i < tokens.size(); ++i) {
    all.insert(all.end(), logits.begin(), logits.end());
    transformer.Forward({&tokens[i], 1}, kAllExperts, LogitsOf::kLast, logits);
  }
  return all;
}

double RootMeanSquare(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += (double{a[i]} - b[i]) * (double{a[i]} - b[i]);
  }
  return std::sqrt(sum / static_cast<double>(a.size()));
}

TEST(KvCache, TheNumberOfThreadsDoesNotChangeABitOfAnyType) {
  const TempFile path(Model().Build());
  const GgufFile file = GgufFile::Open(path.path());
  for (const KvType type : kTypes) {
    Engine one = Load(file, type, 1);
    const std::vector<float> wanted = Decode(one);
    for (const int n : {2, 3}) {
      Engine more = Load(file, type, n);
      const std::vector<float> got = Decode(more);
      EXPECT_EQ(std::memcmp(wanted.data(), got.data(), wanted.size() * sizeof(float)), 0)
          << NameOf(type) << " " << n;
    }
  }
}

TEST(KvCache, WhatAnEarlierSequenceLeftBehindChangesNoBit) {
  const TempFile path(Model().Build());
  const GgufFile file = GgufFile::Open(path.path());
  for (const KvType type : kTypes) {
    Engine engine = Load(file, type, 2);
    const std::vector<float> fresh = Decode(engine);
    std::vector<int> other = Tokens(kContext);
    std::reverse(other.begin(), other.end());
    engine.transformer().Reset();
    engine.transformer().Forward(other, 3, LogitsOf::kNone, {});
    const std::vector<float> again = Decode(engine);
    EXPECT_EQ(std::memcmp(fresh.data(), again.data(), fresh.size() * sizeof(float)), 0)
        << NameOf(type);
  }
}

TEST(KvCache, SmallerTypesStayNearF32) {
  const TempFile path(Model().Build());
  const GgufFile file = GgufFile::Open(path.path());
  Engine f32 = Load(file, KvType::kF32, 1), f16 = Load(file, KvType::kF16, 1),
         q8 = Load(file, KvType::kQ8_0, 1);
  const std::vector<float> exact = Decode(f32);
  const double of_f16 = RootMeanSquare(exact, Decode(f16)),
               of_q8 = RootMeanSquare(exact, Decode(q8));
  // Elements are off by 2^-11 / sqrt(12) of themselves (f16), or by 1 / sqrt(12) of a step of
  // 2.2 / 127 (q8_0, the query too); their mean over positions and sum over two layers, into logits
  // of order 1, keeps at most that. Nothing at all would mean that the type was not used.
  EXPECT_GT(of_f16, 0);
  EXPECT_LT(of_f16, 4 * 0x1.0p-11 / std::sqrt(12));
  EXPECT_GT(of_q8, of_f16);
  EXPECT_LT(of_q8, 4 * 2.2 / 127 / std::sqrt(12));
}

TEST(KvCache, WhatAttentionReadsIsWhatTheHeaderPredicts) {
  const TempFile path(Model().Build());
  const GgufFile file = GgufFile::Open(path.path());
  for (const KvType type : kTypes) {
    Engine engine = Load(file, type, 2);
    Transformer& transformer = engine.transformer();
    const std::vector<int> tokens = Tokens(70);
    transformer.Forward(tokens, 2, LogitsOf::kNone, {});
    transformer.stats().Clear();
    transformer.Forward({&tokens[0], 1}, 2, LogitsOf::kNone, {});
    EXPECT_EQ(transformer.stats().kv_bytes, 71 * ReadModelFacts(file, type).kv_bytes_per_position);
  }
}

TEST(KvCache, HeadsWithoutWholeBlocksCannotBeQ8) {
  const TempFile path(Model(24).Build());
  const GgufFile file = GgufFile::Open(path.path());
  EXPECT_NO_THROW(Load(file, KvType::kF16, 1));
  try {
    Load(file, KvType::kQ8_0, 1);
    FAIL() << "was loaded";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("24"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace moebench
