#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "harness/base/error.h"
#include "harness/base/rng.h"
#include "runners/native/facts/hyper.h"
#include "runners/native/facts/model_facts.h"
#include "runners/native/gguf/testing/temp_file.h"
#include "runners/native/gguf/testing/tiny_model.h"

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Hyper HyperOf(const std::string& model) {
  const TempFile file(BuildTinyModel(TinyModelNamed(model)).Build());
  return ReadHyper(GgufFile::Open(file.path()));
}

ModelFacts FactsOf(const std::string& model) {
  const TempFile file(BuildTinyModel(TinyModelNamed(model)).Build());
  return ReadModelFacts(GgufFile::Open(file.path()));
}

std::string RefusalOf(GgufBuilder builder) {
  const TempFile file(builder.Build());
  try {
    ReadHyper(GgufFile::Open(file.path()));
  } catch (const Error& error) {
    return error.what();
  }
  return "was read";
}

TEST(Architectures, EachIsReadWithItsFeatures) {
  std::set<std::string> read;
  for (const TinyModel& model : TinyModels()) {
    SCOPED_TRACE(model.name);
    const Hyper hyper = HyperOf(model.name);
    read.insert(hyper.architecture);
    EXPECT_EQ(hyper.n_layers, model.n_layers);
    EXPECT_EQ(hyper.n_prediction_layers, model.n_prediction_layers);
    EXPECT_EQ(hyper.n_experts, model.n_experts);
    EXPECT_EQ(hyper.k0, model.n_experts == 0 ? 0 : model.k0);
    EXPECT_EQ(hyper.shared_width, model.shared_width);
    EXPECT_EQ(hyper.tied_output, model.tied_output);
    EXPECT_EQ(hyper.CountOf(FeedForward::kDense),
              model.n_experts == 0 ? model.n_layers : model.dense_layers);
    EXPECT_EQ(hyper.qk_norm, model.qk_norm);
    EXPECT_EQ(hyper.rope.has_factors, model.rope_factors);
  }
  for (const std::string& known : KnownArchitectures()) EXPECT_TRUE(read.contains(known)) << known;
}

TEST(Architectures, EachRefusesATensorItDoesNotKnowAndOneThatIsMissing) {
  for (const TinyModel& model : TinyModels()) {
    SCOPED_TRACE(model.name);
    const std::vector<float> bias(64);
    EXPECT_THAT(RefusalOf(BuildTinyModel(model).AddTensor("blk.0.attn_output.scale",
                                                          TensorType::kF32, {64}, bias)),
                HasSubstr("tensor 'blk.0.attn_output.scale' is none that"));
    EXPECT_THAT(RefusalOf(BuildTinyModel(model).RemoveTensor("blk.1.attn_norm.weight")),
                HasSubstr("has no tensor 'blk.1.attn_norm.weight'"));
  }
}

TEST(Architectures, Glm4MoeSkipsItsPredictionLayerAndRoutesBySigmoid) {
  const Hyper hyper = HyperOf("glm4moe");
  EXPECT_EQ(hyper.routing.gating, Gating::kSigmoid);  // though no key says so
  EXPECT_TRUE(hyper.routing.selection_bias);
  EXPECT_TRUE(hyper.norm_topk);
  EXPECT_EQ(hyper.routing.scale, 2.5);
  EXPECT_EQ(hyper.layers[0].feed_forward, FeedForward::kDense);
  EXPECT_EQ(hyper.layers[0].dense_width, 160);
  EXPECT_EQ(hyper.rope.dims, 16);
  EXPECT_EQ(hyper.ffn_norm_tensor, "post_attention_norm.weight");
  const ModelFacts facts = FactsOf("glm4moe");
  EXPECT_EQ(facts.n_layers, 3);
  EXPECT_EQ(facts.n_moe_layers, 2);
  EXPECT_EQ(facts.n_shared_experts, 1);
  EXPECT_EQ(facts.expert_count_key, "glm4moe.expert_used_count");  // not glm4's
  EXPECT_EQ(facts.expert_bytes, 4 * 3 * 64 * 96);
}

TEST(Architectures, Glm4MoeWithoutTheKeyLeavesWeightsAsTheyAre) {
  GgufBuilder builder = BuildTinyModel(TinyModelNamed("glm4moe"));
  builder.Remove("glm4moe.expert_weights_norm");
  const TempFile file(builder.Build());
  EXPECT_FALSE(ReadHyper(GgufFile::Open(file.path())).norm_topk);
}

TEST(Architectures, DeepSeek2GatesBySoftmaxUnlessToldOtherwise) {
  const Hyper lite = HyperOf("deepseek2-lite"), v3 = HyperOf("deepseek2-v3");
  EXPECT_EQ(lite.routing.gating, Gating::kSoftmax);
  EXPECT_FALSE(lite.norm_topk);
  EXPECT_FALSE(lite.mla.split_kv);
  EXPECT_EQ(lite.mla.q_rank, 0);
  EXPECT_EQ(v3.routing.gating, Gating::kSigmoid);
  EXPECT_EQ(v3.routing.n_groups, 4);
  EXPECT_EQ(v3.routing.groups_used, 2);
  EXPECT_EQ(v3.mla.q_rank, 96);
  EXPECT_EQ(v3.mla.nope_dim, 32);
  // One latent vector, kept as key and as value, and one rotated key serve all heads.
  EXPECT_EQ(FactsOf("deepseek2-v3").kv_bytes_per_position, 3 * (64 + 16 + 64) * 4);
  EXPECT_EQ(FactsOf("deepseek2-lite").kv_bytes_per_position, 26 * (64 + 16 + 64) * 4);
}

// mscale_all_dim of 1: scores are scaled, rotated elements are not (llama.cpp pull request 17945).
TEST(Architectures, DeepSeek2ScalesScoresInsteadOfRotations) {
  const Hyper hyper = HyperOf("deepseek2-v3");
  const double mscale = 1 + 0.1 * std::log(4.0);
  EXPECT_EQ(hyper.rope.scaling, RopeScaling::kYarn);
  EXPECT_NEAR(hyper.rope.magnitude, 1, 1e-12);
  EXPECT_NEAR(hyper.attention_scale, mscale * mscale / std::sqrt(48.0), 1e-7);
}

TEST(Architectures, GptOssSlidesInEveryOtherLayer) {
  const Hyper hyper = HyperOf("gpt-oss");
  EXPECT_EQ(hyper.layers[0].window, 24);
  EXPECT_EQ(hyper.layers[1].window, 0);
  EXPECT_EQ(hyper.layers[2].window, 24);
  EXPECT_EQ(hyper.routing.gating, Gating::kSoftmaxOfChosen);
  EXPECT_EQ(hyper.activation, Activation::kSwiGluClamped);
  EXPECT_TRUE(hyper.sinks && hyper.expert_bias && hyper.layers[0].out_bias);
  EXPECT_NEAR(hyper.rope.magnitude, 1 + 0.1 * std::log(4.0), 1e-12);
}

TEST(Architectures, GraniteScalesFourThings) {
  const Hyper hyper = HyperOf("granitemoe");
  EXPECT_FLOAT_EQ(static_cast<float>(hyper.embedding_scale), 3.0f);
  EXPECT_FLOAT_EQ(static_cast<float>(hyper.residual_scale), 0.4f);
  EXPECT_FLOAT_EQ(static_cast<float>(hyper.logit_scale), 2.0f);
  EXPECT_FLOAT_EQ(static_cast<float>(hyper.attention_scale), 0.3f);
}

TEST(Architectures, HybridsSayWhichLayersAreRecurrent) {
  const auto mixers = [](const char* model) {
    std::vector<Mixer> list;
    for (const LayerShape& layer : HyperOf(model).layers) list.push_back(layer.mixer);
    return list;
  };
  EXPECT_THAT(mixers("granitehybrid"),
              ElementsAre(Mixer::kMamba2, Mixer::kMamba2, Mixer::kAttention));
  EXPECT_THAT(mixers("qwen3next"), ElementsAre(Mixer::kDeltaNet, Mixer::kAttention,
                                               Mixer::kDeltaNet, Mixer::kAttention));
  const ModelFacts qwen = FactsOf("qwen35moe"), granite = FactsOf("granitehybrid");
  EXPECT_EQ(qwen.n_recurrent_layers, 3);
  EXPECT_EQ(qwen.state_bytes, 3 * 4 * (3 * 128 + 4 * 16 * 16));
  EXPECT_EQ(qwen.kv_bytes_per_position, 2 * 2 * 32 * 4);  // of the one attention layer
  EXPECT_EQ(granite.state_bytes, 2 * 4 * (3 * (128 + 64) + 128 * 16));
}

TEST(Architectures, HybridMayListItsRecurrentLayers) {
  GgufBuilder builder = BuildTinyModel(TinyModelNamed("qwen3next"));
  builder.Remove("qwen3next.full_attention_interval");
  builder.SetInts("qwen3next.attention.recurrent_layers", {1, 0, 1, 0});
  const TempFile file(builder.Build());
  EXPECT_EQ(ReadHyper(GgufFile::Open(file.path())).CountOf(Mixer::kDeltaNet), 2);
}

// Shapes of 35B-A3B's recurrent layers: 30 of 40, conv 4, 16 key and 32 value heads of 128.
TEST(Architectures, RecurrentStateOfQwen35) {
  Hyper hyper;
  hyper.layers.resize(40);
  for (std::size_t i = 0; i < 40; ++i) {
    if ((i + 1) % 4 != 0) hyper.layers[i].mixer = Mixer::kDeltaNet;
  }
  hyper.delta_net = {.n_key_heads = 16, .n_value_heads = 32, .head_dim = 128, .conv_kernel = 4};
  int64_t floats = 0;
  for (int i = 0; i < 40; ++i) {
    floats += RecurrentStateOf(hyper, i).conv + RecurrentStateOf(hyper, i).memory;
  }
  EXPECT_EQ(floats, 30 * (8192 * 3 + 32 * 128 * 128));
}

TEST(Architectures, RoutingThatIsOutOfBoundsIsRefused) {
  const auto v3 = [] { return BuildTinyModel(TinyModelNamed("deepseek2-v3")); };
  EXPECT_THAT(RefusalOf(v3().SetUint32("deepseek2.expert_group_count", 5)),
              HasSubstr("16 experts can't be 5 groups"));
  EXPECT_THAT(RefusalOf(v3().SetUint32("deepseek2.expert_group_used_count", 5)),
              HasSubstr("expert_group_used_count' is 5, not 1 to 4"));
  EXPECT_THAT(RefusalOf(v3().SetUint32("deepseek2.expert_used_count", 9)),
              HasSubstr("more than the 8 experts of 2 groups"));
  EXPECT_THAT(RefusalOf(v3().SetUint32("deepseek2.expert_gating_func", 4)),
              HasSubstr("expert_gating_func' is 4"));
  EXPECT_THAT(RefusalOf(v3().SetUint32("deepseek2.leading_dense_block_count", 3)),
              HasSubstr("has no tensor 'blk.1.ffn_up.weight'"));
}

TEST(Architectures, StateSpacesThatDontAddUpAreRefused) {
  const auto next = [] { return BuildTinyModel(TinyModelNamed("qwen3next")); };
  EXPECT_THAT(RefusalOf(next().SetUint32("qwen3next.ssm.group_count", 3)),
              HasSubstr("4 value heads of the delta rule can't share 3 key heads"));
  EXPECT_THAT(RefusalOf(next().SetUint32("qwen3next.ssm.inner_size", 65)),
              HasSubstr("inner_size' is 65, not 4 heads of 16"));
  EXPECT_THAT(RefusalOf(next().SetUint32("qwen3next.full_attention_interval", 0)),
              HasSubstr("full_attention_interval' is 0"));
  EXPECT_THAT(RefusalOf(BuildTinyModel(TinyModelNamed("granitehybrid"))
                            .SetUint32("granitehybrid.ssm.group_count", 3)),
              HasSubstr("8 heads in 3 groups"));
}

TEST(Architectures, DenseModelsHaveNoOverrideKey) {
  const ModelFacts facts = FactsOf("qwen3");
  EXPECT_EQ(facts.expert_count_key, "");
  EXPECT_EQ(facts.n_experts, 0);
  EXPECT_EQ(facts.n_moe_layers, 0);
  EXPECT_EQ(facts.expert_bytes, 0);
  EXPECT_GT(facts.dense_bytes_per_token, 0);
}

TEST(Architectures, OllamasKeyForNormalisedWeightsIsUnderstood) {
  GgufBuilder builder = BuildTinyModel(TinyModelNamed("qwen3vlmoe"));
  EXPECT_EQ(RefusalOf(builder.SetBool("qwen3vlmoe.norm_top_k_prob", true)), "was read");
  EXPECT_THAT(RefusalOf(builder.SetBool("qwen3vlmoe.norm_top_k_prob", false)),
              HasSubstr("norm_top_k_prob' is false"));
}

// Metadata of every architecture changed at random: an error, or a model whose numbers add up.
TEST(Architectures, MutatedMetadataAreErrorsOrModels) {
  constexpr uint64_t kSeed = 20261123;
  SCOPED_TRACE(kSeed);
  Rng rng(kSeed);
  int read = 0;
  for (TinyModel model : TinyModels()) {
    SCOPED_TRACE(model.name);
    model.n_experts = std::min(model.n_experts, 8);
    model.k0 = std::min(model.k0, 2);
    model.expert_width = model.dense_width = 32;
    const std::string sound = BuildTinyModel(model).Build();
    for (int i = 0; i < 100; ++i) {
      std::string bytes = sound;
      for (uint64_t n = 1 + rng.Below(3); n > 0; --n) {
        bytes[rng.Below(1500)] = static_cast<char>(rng.Below(256));
      }
      const TempFile file(bytes);
      try {
        const Hyper hyper = ReadHyper(GgufFile::Open(file.path()));
        EXPECT_EQ(hyper.layers.size(), static_cast<std::size_t>(hyper.n_layers));
        EXPECT_LE(hyper.k0, hyper.n_experts);
        EXPECT_LE(hyper.rope.dims, hyper.head_dim);
        ++read;
      } catch (const Error& error) {
        EXPECT_THAT(error.where(), HasSubstr(file.path().string()));
      }
    }
  }
  EXPECT_GT(read, 0);
}

}  // namespace
}  // namespace moebench
