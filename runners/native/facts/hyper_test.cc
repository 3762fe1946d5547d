#include "runners/native/facts/hyper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <ostream>

#include "harness/base/error.h"
#include "harness/base/rng.h"
#include "runners/native/gguf/testing/temp_file.h"
#include "runners/native/gguf/testing/tiny_moe.h"

namespace moebench {
namespace {

using testing::HasSubstr;

Hyper HyperOf(const GgufBuilder& builder) {
  const TempFile model(builder.Build());
  return ReadHyper(GgufFile::Open(model.path()));
}

TEST(Hyper, IsReadFromMetadataAndShapes) {
  const Hyper hyper = HyperOf(TinyMoe({}));
  EXPECT_EQ(hyper.architecture, "qwen3moe");
  EXPECT_EQ(hyper.d_model, 64);
  EXPECT_EQ(hyper.n_layers, 2);
  EXPECT_EQ(hyper.n_heads, 4);
  EXPECT_EQ(hyper.n_kv_heads, 2);
  EXPECT_EQ(hyper.head_dim, 32);
  EXPECT_EQ(hyper.vocabulary, 96);
  EXPECT_EQ(hyper.context, 128);
  EXPECT_EQ(hyper.n_experts, 8);
  EXPECT_EQ(hyper.k0, 2);
  EXPECT_EQ(hyper.expert_width, 32);
  EXPECT_EQ(hyper.rope.base, 10000);
  EXPECT_NEAR(hyper.rms_eps, 1e-6, 1e-12);
  EXPECT_EQ(hyper.rope.style, RopeStyle::kNeox);
  EXPECT_TRUE(hyper.qk_norm);
  EXPECT_TRUE(hyper.norm_topk);
  EXPECT_FALSE(hyper.tied_output);
}

TEST(Hyper, LlamaWithExpertsHasInterleavedRopeAndNoHeadNorms) {
  const Hyper hyper = HyperOf(TinyMoe({.architecture = "llama"}));
  EXPECT_EQ(hyper.rope.style, RopeStyle::kInterleaved);
  EXPECT_FALSE(hyper.qk_norm);
}

// Never n_ff / k: upstream tools that divided reported the wrong width for real models.
TEST(Hyper, ExpertWidthIsTheTensorsWhateverTheMetadataSay) {
  EXPECT_EQ(HyperOf(TinyMoe({}).Remove("qwen3moe.expert_feed_forward_length")).expert_width, 32);
  EXPECT_EQ(HyperOf(TinyMoe({}).SetUint32("qwen3moe.feed_forward_length", 6144)).expert_width, 32);
}

TEST(Hyper, UsedCountMayBeOneNumberOrOnePerLayer) {
  EXPECT_EQ(HyperOf(TinyMoe({}).SetInts("qwen3moe.expert_used_count", {3, 3})).k0, 3);
}

TEST(Hyper, AbsentKeysThatFollowFromOthersAreDerived) {
  GgufBuilder builder = TinyMoe({.n_kv_heads = 4, .head_dim = 16, .tied_output = true});
  builder.Remove("qwen3moe.attention.head_count_kv").Remove("qwen3moe.attention.key_length");
  builder.Remove("qwen3moe.attention.value_length").Remove("qwen3moe.rope.freq_base");
  const Hyper hyper = HyperOf(builder);
  EXPECT_EQ(hyper.n_kv_heads, 4);
  EXPECT_EQ(hyper.head_dim, 16);
  EXPECT_EQ(hyper.rope.base, 10000);
  EXPECT_TRUE(hyper.tied_output);
}

struct Refusal {
  std::string name;
  std::function<void(GgufBuilder&)> damage;
  std::string says;
};
void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.name; }

std::function<void(GgufBuilder&)> Set(const std::string& key, uint32_t value) {
  return [=](GgufBuilder& b) { b.SetUint32("qwen3moe." + key, value); };
}
std::function<void(GgufBuilder&)> SetFloat(const std::string& key, float value) {
  return [=](GgufBuilder& b) { b.SetFloat("qwen3moe." + key, value); };
}
std::function<void(GgufBuilder&)> SetInts(const std::string& key, std::vector<int32_t> values) {
  return [=](GgufBuilder& b) { b.SetInts("qwen3moe." + key, values); };
}
std::function<void(GgufBuilder&)> WithoutKey(const std::string& key) {
  return [=](GgufBuilder& b) { b.Remove(key); };
}
std::function<void(GgufBuilder&)> Reshaped(const std::string& name, std::vector<int64_t> shape) {
  return [=](GgufBuilder& b) {
    size_t elements = 1;
    for (const int64_t ne : shape) elements *= static_cast<size_t>(ne);
    b.RemoveTensor(name).AddTensor(name, TensorType::kF32, shape, std::vector<float>(elements));
  };
}

// Family G12: metadata used as a size, an index or a divisor.
// clang-format off
const std::vector<Refusal> kRefusals = {
    {"NoArchitecture", WithoutKey("general.architecture"), "has no metadata 'general.architecture'"},
    {"UnknownArchitecture", [](GgufBuilder& b) { b.SetString("general.architecture", "glm4"); }, "architecture 'glm4' is not known; known: qwen3moe, qwen3vlmoe, qwen2moe, llama, olmoe, glm4moe"},
    {"HostileArchitecture", [](GgufBuilder& b) { b.SetString("general.architecture", "\x1b[2J"); }, "architecture '\\x1b[2J' is not known"},
    {"LayersZero", Set("block_count", 0), "'qwen3moe.block_count' is 0, not 1 to"},
    {"LayersHuge", Set("block_count", 1u << 31), "'qwen3moe.block_count' is 2147483648"},
    {"LayersOneTooMany", Set("block_count", 3), "has no tensor 'blk.2."},
    {"LayersOneTooFew", Set("block_count", 1), "tensor 'blk.1.attn_norm.weight' is none that a qwen3moe of 1 layers has"},
    {"LayersNegative", [](GgufBuilder& b) { b.SetInt32("qwen3moe.block_count", -2); }, "'qwen3moe.block_count' is -2"},
    {"LayersAsText", [](GgufBuilder& b) { b.SetString("qwen3moe.block_count", "2"); }, "is of type string, not an integer"},
    {"HeadsZero", Set("attention.head_count", 0), "head_count' is 0, not 1 to"},
    {"KvHeadsZero", Set("attention.head_count_kv", 0), "head_count_kv' is 0, not 1 to"},
    {"KvHeadsDontDivide", Set("attention.head_count_kv", 3), "4 query heads can't share 3 key heads"},
    {"KvHeadsPerLayerDiffer", SetInts("attention.head_count_kv", {2, 0}), "is 2 in layer 0 but 0 in layer 1"},
    {"HeadWidthZero", Set("attention.key_length", 0), "key_length' is 0"},
    {"HeadWidthOdd", Set("attention.key_length", 31), "only the key length 31 is supported"},
    {"ValueWidthDiffers", Set("attention.value_length", 64), "value_length' is 64, only the key length 32"},
    {"RotationWide", Set("rope.dimension_count", 64), "rope.dimension_count' is 64, more than the 32"},
    {"RotationOdd", Set("rope.dimension_count", 15), "15 elements of a head, an odd number"},
    {"RopeScaling", [](GgufBuilder& b) { b.SetString("qwen3moe.rope.scaling.type", "longrope"); }, "rope scaling 'longrope' is not supported"},
    {"RopeBaseNan", SetFloat("rope.freq_base", std::numeric_limits<float>::quiet_NaN()), "rope.freq_base' is nan"},
    {"RopeBaseZero", SetFloat("rope.freq_base", 0), "rope.freq_base' is 0"},
    {"EpsilonAbsent", WithoutKey("qwen3moe.attention.layer_norm_rms_epsilon"), "has no metadata 'qwen3moe.attention.layer_norm_rms_epsilon'"},
    {"EpsilonNan", SetFloat("attention.layer_norm_rms_epsilon", std::numeric_limits<float>::quiet_NaN()), "epsilon' is nan"},
    {"EpsilonZero", SetFloat("attention.layer_norm_rms_epsilon", 0), "epsilon' is 0"},
    {"ContextZero", Set("context_length", 0), "context_length' is 0"},
    {"ContextHuge", [](GgufBuilder& b) { b.SetUint64("qwen3moe.context_length", 1ull << 40); }, "context_length' is 1099511627776"},
    {"WidthZero", Set("embedding_length", 0), "embedding_length' is 0"},
    {"WidthDiffers", Set("embedding_length", 128), "tensor 'token_embd.weight' is of shape [64, 96], expected [128, 96]"},
    {"ExpertsAbsent", WithoutKey("qwen3moe.expert_count"), "is a dense model"},
    {"ExpertsZero", Set("expert_count", 0), "is a dense model"},
    {"ExpertsDiffer", Set("expert_count", 16), "is 16 but the router of layer 0 chooses from 8 experts"},
    {"UsedAbsent", WithoutKey("qwen3moe.expert_used_count"), "has no metadata 'qwen3moe.expert_used_count'"},
    {"UsedZero", Set("expert_used_count", 0), "expert_used_count' is 0"},
    {"UsedMoreThanThereAre", Set("expert_used_count", 9), "is 9, more than the 8 experts"},
    {"UsedPerLayerDiffer", SetInts("expert_used_count", {4, 2}), "is 4 in layer 0 but 2 in layer 1"},
    {"UsedForTooFewLayers", SetInts("expert_used_count", {4}), "has 1 elements for 2 layers"},
    {"UsedForNoLayer", SetInts("expert_used_count", {}), "has 0 elements for 2 layers"},
    {"UsedAsFloat", SetFloat("expert_used_count", 2), "is of type f32, not integers"},
    {"SigmoidGating", Set("expert_gating_func", 2), "expert_gating_func' is 2, only 1"},
    {"WeightsNotNormalised", [](GgufBuilder& b) { b.SetBool("qwen3moe.expert_weights_norm", false); }, "expert_weights_norm' is false"},
    {"WeightsScaled", SetFloat("expert_weights_scale", 2.5f), "expert_weights_scale' is 2.5"},
    {"RouterMissing", [](GgufBuilder& b) { b.RemoveTensor("blk.1.ffn_gate_inp.weight"); }, "has no tensor 'blk.1.ffn_gate_inp.weight'"},
    {"RouterOfOneLayerDiffers", Reshaped("blk.1.ffn_gate_inp.weight", {64, 4}), "'blk.1.ffn_gate_inp.weight' is of shape [64, 4], expected [64, 8]"},
    {"ExpertWidthsDiffer", Reshaped("blk.1.ffn_up_exps.weight", {64, 16, 8}), "is of shape [64, 16, 8], expected [64, 32, 8]"},
    {"DownIsNotUpTransposed", Reshaped("blk.0.ffn_down_exps.weight", {64, 32, 8}), "expected [32, 64, 8]"},
    {"HeadOfOtherVocabulary", Reshaped("output.weight", {64, 95}), "'output.weight' is of shape [64, 95], expected [64, 96]"},
    {"TokensForOtherRows", [](GgufBuilder& b) { b.SetStrings("tokenizer.ggml.tokens", {"a"}); }, "has 1 elements but token_embd.weight 96 rows"},
    {"UnknownTensor", Reshaped("blk.0.attn_q.bias", {128}), "tensor 'blk.0.attn_q.bias' is none that"},
};
// clang-format on

class HyperRefuses : public testing::TestWithParam<Refusal> {};

TEST_P(HyperRefuses, WithTheKeyOrTensorAndItsValue) {
  GgufBuilder builder = TinyMoe({});
  GetParam().damage(builder);
  const TempFile model(builder.Build());
  try {
    ReadHyper(GgufFile::Open(model.path()));
    FAIL() << "was read";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr(GetParam().says));
    EXPECT_EQ(error.where(), model.path().string());
  }
}

INSTANTIATE_TEST_SUITE_P(Wrong, HyperRefuses, testing::ValuesIn(kRefusals),
                         [](const auto& param_info) { return param_info.param.name; });

// Beyond the single wrong value: what follows from bytes changed at random in the header.
TEST(Hyper, MutatedHeadersAreErrorsOrModels) {
  constexpr uint64_t kSeed = 20261122;
  SCOPED_TRACE(kSeed);
  Rng rng(kSeed);
  const std::string sound = TinyMoe({.d_model = 32,
                                     .n_layers = 1,
                                     .head_dim = 8,
                                     .n_experts = 2,
                                     .expert_width = 32,
                                     .vocabulary = 8})
                                .Build();
  constexpr uint64_t kHeaderBytes = 1400;
  int read = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string bytes = sound;
    for (uint64_t n = 1 + rng.Below(3); n > 0; --n) {
      bytes[rng.Below(kHeaderBytes)] = static_cast<char>(rng.Below(256));
    }
    const TempFile model(bytes);
    try {
      const Hyper hyper = ReadHyper(GgufFile::Open(model.path()));
      EXPECT_GE(hyper.k0, 1);
      EXPECT_LE(hyper.k0, hyper.n_experts);
      EXPECT_EQ(hyper.n_heads % hyper.n_kv_heads, 0);
      ++read;
    } catch (const Error& error) {
      EXPECT_THAT(error.where(), HasSubstr(model.path().string()));
    }
  }
  EXPECT_GT(read, 0);  // e.g. changed only in the name
}

}  // namespace
}  // namespace moebench
