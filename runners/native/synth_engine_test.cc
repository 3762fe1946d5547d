// A synthetic model in our own tokenizer and engine: text can be read, numbers stay finite, and
// experts are used as unevenly as was asked for.
#include <gmock/gmock.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "harness/base/files.h"
#include "runners/native/gguf/gguf_file.h"
#include "runners/native/model/engine.h"
#include "runners/native/synth/synth_model.h"
#include "runners/native/tokenizer/tokenizer.h"

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

// As many experts as Qwen3 has, all else small.
SynthShape ManySmallExperts() {
  SynthShape shape = FindShape("qwen3-30b-a3b");
  shape.layers = 6;
  shape.d_model = 256;
  shape.heads = 8;
  shape.kv_heads = 2;
  shape.head_dim = 32;
  shape.expert_width = 64;
  return shape;
}

class SynthInEngine : public testing::Test {
 protected:
  SynthInEngine()
      : path_(std::filesystem::path(testing::TempDir()) /
              ("synth_engine." + std::to_string(getpid()) + ".gguf")) {
    WriteSyntheticModel({.shape = ManySmallExperts(),
                         .mix = FindTypeMix("Q8_0"),
                         .vocabulary = 8000,
                         .path = path_},
                        {});
  }
  ~SynthInEngine() override { std::filesystem::remove(path_); }
  std::filesystem::path path_;
};

TEST_F(SynthInEngine, ExpertsAreUsedAsUnevenlyAsFitted) {
  const GgufFile file = GgufFile::Open(path_);
  const Tokenizer tokenizer = Tokenizer::FromGguf(file);
  const std::string text =
      ReadFile(std::filesystem::path(MOEBENCH_SOURCE_DIR) / "suites/demo/text.txt", 1 << 20);
  std::vector<int> tokens = tokenizer.Encode(text, ParseSpecial::kNo);
  EXPECT_EQ(tokenizer.Decode(tokens), text);
  EXPECT_GT(2 * text.size(), 3 * tokens.size());  // more than 1.5 letters a token
  constexpr int kTokens = 600, kExperts = 128, kUsed = 8;
  tokens.resize(kTokens);

  Engine engine(file, {.thread_cpus = {FirstCpu()}, .context_tokens = kTokens});
  Transformer& model = engine.transformer();
  const int n_layers = model.hyper().n_layers;
  std::vector<std::vector<double>> counts(static_cast<size_t>(n_layers),
                                          std::vector<double>(kExperts));
  for (const int token : tokens) {  // one at a time, so that each is seen; not finite would throw
    model.stats().Clear();
    model.Forward({&token, 1}, kUsed, LogitsOf::kNone, {});
    for (size_t layer = 0; layer < counts.size(); ++layer) {
      for (size_t expert = 0; expert < kExperts; ++expert) {
        counts[layer][expert] += model.stats().touched[layer * kExperts + expert];
      }
    }
  }
  constexpr double kEven = 1.0 * kTokens * kUsed / kExperts;  // 37.5 tokens an expert
  for (size_t layer = 0; layer < counts.size(); ++layer) {
    double variance = 0, largest = 0;
    for (const double count : counts[layer]) {
      variance += std::pow(count / kEven - 1, 2) / kExperts;
      largest = std::max(largest, count / kEven);
    }
    // A log-normal of deviation 0.68 has a coefficient of variation of 0.77; the largest of 128
    // shares is 4.7 times the even one. Words that repeat widen both: OLMoE's own counts have 0.3
    // to 1.3 and 2.5 to 7.8.
    EXPECT_GT(std::sqrt(variance), 0.5) << "layer " << layer;
    EXPECT_LT(std::sqrt(variance), 1.3) << "layer " << layer;
    EXPECT_GT(largest, 2.5) << "layer " << layer;
    EXPECT_LT(largest, 8.0) << "layer " << layer;
  }
}

}  // namespace
}  // namespace moebench
