// Passes of at most kFewTokens tokens give each token bitwise the same logits, however many there
// are: what speculation verifies in one pass is what plain decoding computes.
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "runners/native/gguf/testing/temp_file.h"
#include "runners/native/gguf/testing/tiny_model.h"
#include "runners/native/gguf/testing/tiny_moe.h"
#include "runners/native/kernels/attention_work.h"
#include "runners/native/model/engine.h"

namespace moebench {
namespace {

constexpr int kPrompt = 100, kDecoded = 48;  // over the border of two pieces of attention

std::vector<int> SomeTokens(int n, int vocabulary) {
  std::vector<int> tokens;
  for (int i = 0; i < n; ++i) tokens.push_back((i * 37 + 11) % vocabulary);
  return tokens;
}

// Logits of the tokens after the prompt, which come `batch` at a time.
std::vector<float> Decoded(Engine& engine, const std::vector<int>& tokens, int k, int batch) {
  Transformer& transformer = engine.transformer();
  const std::size_t vocabulary = static_cast<std::size_t>(transformer.hyper().vocabulary);
  std::vector<float> logits(kDecoded * vocabulary);
  transformer.Reset();
  transformer.Forward(std::span(tokens).first(kPrompt), k, LogitsOf::kNone, {});
  for (int at = 0; at < kDecoded; at += batch) {
    const int here = std::min(batch, kDecoded - at);
    transformer.Forward(std::span(tokens).subspan(static_cast<std::size_t>(kPrompt + at),
                                                  static_cast<std::size_t>(here)),
                        k, LogitsOf::kAll,
                        std::span(logits).subspan(static_cast<std::size_t>(at) * vocabulary,
                                                  static_cast<std::size_t>(here) * vocabulary));
  }
  return logits;
}

void ExpectTheSameBits(const GgufBuilder& builder, KvType kv, const std::string& name) {
  const TempFile file(builder.Build());
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof allowed, &allowed);
  int cpu = 0;
  while (!CPU_ISSET(cpu, &allowed)) ++cpu;
  Engine engine(GgufFile::Open(file.path()),
                {.thread_cpus = {cpu}, .context_tokens = kPrompt + kDecoded, .kv = kv});
  ASSERT_EQ(engine.transformer().context(), kPrompt + kDecoded) << name;
  const Hyper& hyper = engine.transformer().hyper();
  const std::vector<int> tokens = SomeTokens(kPrompt + kDecoded, hyper.vocabulary);
  const std::vector<float> one = Decoded(engine, tokens, hyper.k0, 1);
  for (const int batch : {2, 3, 5, 8, kFewTokens}) {
    const std::vector<float> more = Decoded(engine, tokens, hyper.k0, batch);
    EXPECT_EQ(std::memcmp(one.data(), more.data(), one.size() * sizeof(float)), 0)
        << name << ", KV " << NameOf(kv) << ", " << batch << " tokens at once";
  }
}

class FewTokens : public testing::TestWithParam<TinyModel> {};

TEST_P(FewTokens, HaveTheSameBitsInAnyPass) {
  ExpectTheSameBits(BuildTinyModel(GetParam()), KvType::kF16, GetParam().name);
}

INSTANTIATE_TEST_SUITE_P(All, FewTokens, testing::ValuesIn(TinyModels()),
                         [](const auto& param_info) {
                           std::string name = param_info.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(FewTokensOfTypes, HaveTheSameBitsInAnyPass) {
  for (const TensorType type :
       {TensorType::kF32, TensorType::kF16, TensorType::kBF16, TensorType::kQ8_0}) {
    for (const KvType kv : {KvType::kF32, KvType::kF16, KvType::kQ8_0}) {
      ExpectTheSameBits(
          TinyMoe({.type = type, .n_experts = 12, .k0 = 4, .expert_width = 96, .context = 256}), kv,
          std::string(NameOf(type)));
    }
  }
}

}  // namespace
}  // namespace moebench
