// What must hold of the forward pass whatever the weights: independence of threads, batches and
// instruction sets, refusals, and counts of what was done.
#include "runners/native/model/transformer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "harness/base/error.h"
#include "runners/native/facts/model_facts.h"
#include "runners/native/gguf/testing/temp_file.h"
#include "runners/native/gguf/testing/tiny_moe.h"
#include "runners/native/model/engine.h"

namespace moebench {
namespace {

constexpr TensorType kTypes[] = {TensorType::kF32, TensorType::kF16, TensorType::kBF16,
                                 TensorType::kQ8_0};

class Model {
 public:
  explicit Model(const TinyMoeShape& shape) : Model(TinyMoe(shape)) {}
  explicit Model(const GgufBuilder& builder)
      : file_(builder.Build()), gguf_(GgufFile::Open(file_.path())) {}

  Engine Load(int n_threads = 1, IsaLevel isa = DetectIsa(), int context = 128) const {
    const std::vector<int> cpus(static_cast<std::size_t>(n_threads), FirstCpu());
    return Engine(gguf_, {.thread_cpus = cpus, .context_tokens = context, .isa = isa});
  }
  const GgufFile& gguf() const { return gguf_; }

 private:
  static int FirstCpu() {
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof set, &set);
    int cpu = 0;
    while (!CPU_ISSET(cpu, &set)) ++cpu;
    return cpu;
  }
  TempFile file_;
  GgufFile gguf_;
};

std::vector<int> SomeTokens(int n) {
  std::vector<int> tokens;
  for (int i = 0; i < n; ++i) tokens.push_back((i * 37 + 11) % 96);
  return tokens;
}

bool SameBits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

double LargestDifference(const std::vector<float>& a, const std::vector<float>& b) {
  double largest = a.size() == b.size() ? 0 : std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    largest = std::max(largest, std::abs(double{a[i]} - b[i]));
  }
  return largest;
}

std::vector<float> TokenByToken(Engine& engine, const std::vector<int>& tokens, int k) {
  Transformer& transformer = engine.transformer();
  const std::size_t vocabulary = static_cast<std::size_t>(transformer.hyper().vocabulary);
  std::vector<float> all(tokens.size() * vocabulary);
  transformer.Reset();
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    transformer.Forward({&tokens[i], 1}, k, LogitsOf::kLast,
                        std::span(all).subspan(i * vocabulary, vocabulary));
  }
  return all;
}

TEST(Transformer, TheNumberOfThreadsDoesNotChangeABit) {
  const std::vector<int> tokens = SomeTokens(20);
  for (const TensorType type : kTypes) {
    const Model model({.type = type, .n_experts = 12, .k0 = 4, .expert_width = 96});
    Engine one = model.Load(1), two = model.Load(2), three = model.Load(3);
    EXPECT_TRUE(SameBits(one.Logits(tokens, 4), two.Logits(tokens, 4))) << NameOf(type);
    EXPECT_TRUE(SameBits(one.Logits(tokens, 4), three.Logits(tokens, 4))) << NameOf(type);
    EXPECT_TRUE(SameBits(TokenByToken(one, tokens, 4), TokenByToken(three, tokens, 4)))
        << NameOf(type);
  }
}

TEST(Transformer, TheSameRunTwiceGivesTheSameBits) {
  const Model model({.type = TensorType::kF16});
  Engine engine = model.Load(2);
  const std::vector<float> first = engine.Logits(SomeTokens(30), 2);
  engine.Logits(SomeTokens(7), 5);  // leaves other numbers in every buffer
  EXPECT_TRUE(SameBits(first, engine.Logits(SomeTokens(30), 2)));
}

TEST(Transformer, ABatchGivesWhatSingleTokensGive) {
  const std::vector<int> tokens = SomeTokens(100);  // more than one batch
  for (const TensorType type : kTypes) {
    const Model model({.type = type, .n_layers = 3});
    Engine engine = model.Load(2);
    const std::vector<float> batch = engine.Logits(tokens, 3);
    const std::vector<float> single = TokenByToken(engine, tokens, 3);
    if (type == TensorType::kQ8_0 || type == TensorType::kBF16) {
      // Activations are rounded (to bf16 where its products are fast); what sums in another order
      // differ by may round one the other way, 2^-8 of it.
      EXPECT_LT(LargestDifference(batch, single), 0.05);
    } else {
      // Logits of order 1 after about 3 x 7 sums of up to 128 terms in another order:
      // 21 x 128 x 2^-24 at the worst, of which the residual stream keeps all.
      EXPECT_LT(LargestDifference(batch, single), 21 * 128 * 0x1.0p-24) << NameOf(type);
    }
  }
}

TEST(Transformer, InstructionSetsAgree) {
  const std::vector<int> tokens = SomeTokens(12);
  for (const TensorType type : {TensorType::kF32, TensorType::kF16, TensorType::kBF16}) {
    const Model model({.type = type});
    Engine scalar = model.Load(1, IsaLevel::kScalar);
    for (const IsaLevel isa : {IsaLevel::kAvx2, IsaLevel::kAvx512Vnni}) {
      if (!IsaAvailable(isa)) continue;
      Engine vector = model.Load(1, isa);
      EXPECT_LT(LargestDifference(scalar.Logits(tokens, 2), vector.Logits(tokens, 2)),
                14 * 128 * 0x1.0p-24)
          << IsaName(isa) << " " << NameOf(type);
    }
  }
}

TEST(Transformer, AllExpertsOfEqualWeightsMakeKIrrelevant) {
  // Copies of one expert: with weights that sum to 1 the mixture is that expert for every k.
  TinyMoeShape shape{.type = TensorType::kF32, .n_experts = 8};
  GgufBuilder builder = TinyMoe(shape);
  for (int layer = 0; layer < shape.n_layers; ++layer) {
    for (const char* name : {"gate", "up", "down"}) {
      const std::string tensor = "blk." + std::to_string(layer) + ".ffn_" + name + "_exps.weight";
      std::vector<float> copies;
      for (int i = 0; i < shape.d_model * shape.expert_width * shape.n_experts; ++i) {
        const int within = i % (shape.d_model * shape.expert_width);
        copies.push_back(0.1f * static_cast<float>((within * 31 + layer) % 17 - 8));
      }
      const bool down = std::string(name) == "down";
      builder.RemoveTensor(tensor).AddTensor(
          tensor, TensorType::kF32,
          {down ? shape.expert_width : shape.d_model, down ? shape.d_model : shape.expert_width,
           shape.n_experts},
          copies);
    }
  }
  const Model model(builder);
  Engine engine = model.Load();
  const std::vector<float> one = engine.Logits(SomeTokens(10), 1);
  for (int k = 2; k <= 8; ++k) {
    EXPECT_LT(LargestDifference(one, engine.Logits(SomeTokens(10), k)), 1e-4) << k;
  }
}

TEST(Transformer, RefusesWhatItCannotCompute) {
  const Model model({.n_experts = 8, .vocabulary = 96, .context = 32});
  Engine engine = model.Load(1, DetectIsa(), 32);
  EXPECT_THROW(engine.Logits(SomeTokens(4), 0), Error);
  EXPECT_THROW(engine.Logits(SomeTokens(4), 9), Error);
  EXPECT_THROW(engine.Logits(SomeTokens(33), 2), Error);
  EXPECT_THROW(engine.Logits(std::vector<int>{96}, 2), Error);
  EXPECT_THROW(engine.Logits(std::vector<int>{-1}, 2), Error);
  EXPECT_NO_THROW(engine.Logits(SomeTokens(32), 8));
}

TEST(Transformer, AWeightThatIsNotANumberIsAnError) {
  for (const char* name : {"blk.1.ffn_norm.weight", "blk.0.attn_q.weight", "output.weight"}) {
    GgufBuilder builder = TinyMoe({});
    const TempFile file(builder.Build());
    const GgufFile gguf = GgufFile::Open(file.path());
    const TensorInfo& tensor = gguf.Require(name);
    std::vector<float> values(static_cast<std::size_t>(tensor.ElementCount()), 1.0f);
    values[5] = std::numeric_limits<float>::quiet_NaN();
    builder.RemoveTensor(name).AddTensor(name, TensorType::kF32, tensor.shape, values);
    const Model model(builder);
    Engine engine = model.Load();
    EXPECT_THROW(engine.Logits(SomeTokens(4), 2), Error) << name;
  }
}

TEST(Transformer, ATypeWithoutKernelsIsNamed) {
  GgufBuilder builder = TinyMoe({});
  builder.RemoveTensor("output.weight")
      .AddTensorBytes("output.weight", TensorType::kI8, {64, 96}, std::string(64 * 96, '\0'));
  const Model model(builder);
  try {
    model.Load();
    FAIL() << "was loaded";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(),
                testing::AllOf(testing::HasSubstr("output.weight"), testing::HasSubstr("I8")));
  }
}

TEST(Transformer, CountsTheExpertsThatRan) {
  const Model model({.n_layers = 2, .n_experts = 8});
  Engine engine = model.Load(2);
  ForwardStats& stats = engine.transformer().stats();
  for (int k = 1; k <= 8; ++k) {
    stats.Clear();
    engine.Logits(SomeTokens(9), k);
    EXPECT_EQ(stats.k_min, k);
    EXPECT_EQ(stats.k_max, k);
    EXPECT_GE(stats.ExpertsTouched(), 2 * k);
    EXPECT_LE(stats.ExpertsTouched(), 2 * 8);
  }
  EXPECT_EQ(stats.ExpertsTouched(), 2 * 8);
}

TEST(Transformer, ADecodedTokenReadsTheBytesThatTheHeaderPredicts) {
  for (const TensorType type : kTypes) {
    const Model model({.type = type});
    const ModelFacts facts = ReadModelFacts(model.gguf());
    Engine engine = model.Load(2);
    Transformer& transformer = engine.transformer();
    std::vector<float> logits(96);
    transformer.Forward(SomeTokens(5), 2, LogitsOf::kNone, {});
    for (int k = 1; k <= 3; ++k) {
      transformer.stats().Clear();
      const int position = transformer.position(), token = 3;
      transformer.Forward({&token, 1}, k, LogitsOf::kLast, logits);
      EXPECT_EQ(transformer.stats().weight_bytes, facts.ActiveBytes(k)) << NameOf(type);
      EXPECT_EQ(transformer.stats().kv_bytes, (position + 1) * facts.kv_bytes_per_position);
    }
  }
}

}  // namespace
}  // namespace moebench
