#include "runners/native/synth/synth_model.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <unordered_set>

#include "harness/base/error.h"
#include "harness/base/files.h"
#include "runners/native/gguf/gguf_file.h"
#include "runners/native/synth/layout.h"
#include "runners/native/synth/made_vocabulary.h"
#include "runners/native/synth/router_skew.h"

namespace moebench {
namespace {

using testing::HasSubstr;

// Each shape with its features, small.
SynthShape Small(std::string_view name) {
  SynthShape shape = FindShape(name);
  shape.layers = 4;
  shape.d_model = 256;
  shape.heads = 8;
  shape.kv_heads = std::min(shape.kv_heads, 2);
  shape.head_dim = std::min(shape.head_dim, 64);
  shape.experts = 16;
  shape.k0 = 4;
  shape.expert_width = 64;
  shape.dense_width = 256;
  shape.shared_width = std::min(shape.shared_width, 64);
  return shape;
}

std::filesystem::path TempPath(const std::string& name) {
  return std::filesystem::path(testing::TempDir()) /
         ("synth." + std::to_string(getpid()) + "." + name);
}

struct Written {
  explicit Written(const SynthRequest& request) : path(request.path) {
    report = WriteSyntheticModel(request, {});
  }
  ~Written() { std::filesystem::remove(path); }
  std::filesystem::path path;
  SynthReport report;
};

SynthRequest Request(const SynthShape& shape, std::string_view type, const std::string& file) {
  return {.shape = shape, .mix = FindTypeMix(type), .vocabulary = 1000, .path = TempPath(file)};
}

TEST(SynthModel, SaysThatItIsSynthetic) {
  SynthRequest request = Request(Small("qwen3-30b-a3b"), "Q8_0", "says");
  request.layers = 3;
  request.seed = 7;
  const Written written(request);
  const GgufFile file = GgufFile::Open(request.path);
  EXPECT_EQ(file.architecture(), "qwen3moe");
  EXPECT_EQ(file.GetString("general.name"), "synthetic qwen3-30b-a3b, 3 of 4 layers, Q8_0, seed 7");
  EXPECT_EQ(file.GetString("moebench.synthetic.shape"), "qwen3-30b-a3b");
  EXPECT_EQ(file.GetInt("moebench.synthetic.layers"), 3);
  EXPECT_EQ(file.GetInt("moebench.synthetic.model_layers"), 4);
  EXPECT_EQ(file.GetInt("moebench.synthetic.seed"), 7);
  EXPECT_EQ(file.GetInt("qwen3moe.block_count"), 3);
  EXPECT_EQ(file.GetInt("qwen3moe.expert_used_count"), 4);
  EXPECT_EQ(file.file_bytes(), written.report.file_bytes);
}

TEST(SynthModel, ASeedGivesTheSameBytesWhateverTheThreads) {
  const auto bytes = [](uint64_t seed, int threads) {
    SynthRequest request = Request(Small("qwen3-30b-a3b"), "Q4_K_M", "seed");
    request.seed = seed;
    request.threads = threads;
    const Written written(request);
    return ReadFile(request.path, 1 << 30);
  };
  const std::string once = bytes(1, 1);
  EXPECT_EQ(once, bytes(1, 3));
  EXPECT_NE(once, bytes(2, 1));
}

void ExpectReadable(std::string_view shape, const TypeMix& mix) {
  SCOPED_TRACE(std::string(shape) + " " + std::string(mix.name));
  const Written written(Request(Small(shape), mix.name, "every"));
  const GgufFile file = GgufFile::Open(written.path);
  EXPECT_EQ(file.GetInt("general.file_type"), mix.file_type);
  EXPECT_EQ(file.Require("token_embd.weight").shape[1], 1000);
  EXPECT_EQ(NameOf(file.Require("output_norm.weight").type), "F32");
  EXPECT_EQ(NameOf(file.Require("blk.3.ffn_gate_inp.weight").type), "F32");
}

TEST(SynthModel, EveryTypeIsAFileThatCanBeRead) {
  for (const TypeMix& mix : AllTypeMixes()) ExpectReadable("qwen3-30b-a3b", mix);
}

TEST(SynthModel, EveryShapeIsAFileThatCanBeRead) {
  for (const SynthShape& shape : AllShapes()) ExpectReadable(shape.name, FindTypeMix("Q4_K_M"));
}

TEST(SynthModel, FewLayersHaveExpertsStill) {
  SynthRequest request = Request(Small("deepseek-v3"), "Q8_0", "dense");
  request.layers = 2;
  const Written written(request);
  const GgufFile file = GgufFile::Open(request.path);
  EXPECT_EQ(file.GetInt("deepseek2.leading_dense_block_count"), 1);
  EXPECT_NE(file.Find("blk.0.ffn_down.weight"), nullptr);
  EXPECT_NE(file.Find("blk.1.ffn_down_exps.weight"), nullptr);
}

// What publishers' files weigh: parameters as the models' cards have them, and Q4_K_M of
// Qwen3-30B-A3B, for which the cards of several publishers have 18.6 GB.
TEST(SynthModel, ShapesWeighWhatTheModelsDo) {
  const auto plan = [](const char* shape) {
    return PlanSyntheticModel({.shape = FindShape(shape), .mix = FindTypeMix("Q4_K_M")});
  };
  const auto billions = [&](const char* shape) {
    return static_cast<double>(plan(shape).parameters) / 1e9;
  };
  EXPECT_NEAR(billions("qwen3-30b-a3b"), 30.5, 0.05);
  EXPECT_NEAR(billions("qwen3-235b-a22b"), 235.1, 0.1);
  EXPECT_NEAR(billions("qwen3-coder-480b-a35b"), 480.2, 0.2);
  EXPECT_NEAR(billions("deepseek-v3"), 671.0, 0.1);
  EXPECT_NEAR(billions("deepseek-v2-lite"), 15.7, 0.05);
  EXPECT_NEAR(billions("gpt-oss-120b"), 116.8, 0.1);
  EXPECT_NEAR(billions("gpt-oss-20b"), 20.9, 0.05);
  EXPECT_NEAR(billions("mixtral-8x7b"), 46.7, 0.05);
  EXPECT_NEAR(billions("olmoe-1b-7b"), 6.92, 0.01);
  EXPECT_NEAR(static_cast<double>(plan("qwen3-30b-a3b").file_bytes) / 1e9, 18.6, 0.05);
}

TEST(SynthModel, WhatCanNotBeIsRefusedInWords) {
  EXPECT_THROW(FindShape("qwen3-30b"), Error);
  EXPECT_THROW(FindTypeMix("Q4_K_X"), Error);
  EXPECT_EQ(FindTypeMix("q4_k_m").name, "Q4_K_M");
  SynthRequest request = Request(Small("qwen3-30b-a3b"), "Q8_0", "not");
  request.layers = 5;
  try {
    PlanSyntheticModel(request);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_THAT(error.what(), HasSubstr("--layers: 5 is not 1 to 4"));
  }
  request.layers = 0;
  request.vocabulary = 100;
  EXPECT_THROW(PlanSyntheticModel(request), Error);
}

// llama-quantize --dry-run says the same of 12 layers (checked with llama.cpp 0.7.0).
TEST(TypeMix, Q4KMGivesMoreBitsWhereLlamaQuantizeDoes) {
  const SynthShape& shape = FindShape("qwen3-30b-a3b");
  const std::vector<SynthTensor> tensors = LayoutTensors(shape, 12, 32768);
  const std::vector<TensorType> types = AssignTypes(FindTypeMix("Q4_K_M"), shape, 12, tensors);
  std::set<std::string> six_bits;
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (types[i] == TensorType::kQ6_K) six_bits.insert(tensors[i].name);
  }
  std::set<std::string> expected = {"output.weight"};
  for (const char* layer : {"0", "3", "6", "9", "10", "11"}) {
    expected.insert(std::string("blk.") + layer + ".attn_v.weight");
    expected.insert(std::string("blk.") + layer + ".ffn_down_exps.weight");
  }
  EXPECT_EQ(six_bits, expected);
}

TEST(RouterSkew, SharesAreLogNormalAsFitted) {
  const std::vector<double> shares = ExpertShares(128, 8, 1);
  EXPECT_NEAR(std::accumulate(shares.begin(), shares.end(), 0.0), 8, 1e-9);
  double mean = 0, squares = 0;
  for (const double share : shares) mean += std::log(share) / 128;
  for (const double share : shares) squares += std::pow(std::log(share) - mean, 2) / 128;
  EXPECT_NEAR(std::sqrt(squares), 0.68, 0.02);
  EXPECT_LT(*std::max_element(shares.begin(), shares.end()), 0.36);
  EXPECT_NE(shares, ExpertShares(128, 8, 2));
}

TEST(MadeVocabulary, HasTheSizeAskedForAndMergesOfItsOwnTokens) {
  for (const int size : {kLeastVocabulary, 32768, 151936}) {
    const MadeVocabulary vocabulary = MakeVocabulary(size);
    const std::unordered_set<std::string> tokens(vocabulary.tokens.begin(),
                                                 vocabulary.tokens.end());
    EXPECT_EQ(tokens.size(), static_cast<size_t>(size));
    EXPECT_EQ(vocabulary.types.size(), static_cast<size_t>(size));
    for (const std::string& merge : vocabulary.merges) {
      const size_t space = merge.find(' ');
      ASSERT_TRUE(tokens.contains(merge.substr(0, space)) &&
                  tokens.contains(merge.substr(space + 1)) &&
                  tokens.contains(merge.substr(0, space) + merge.substr(space + 1)))
          << merge;
    }
  }
}

}  // namespace
}  // namespace moebench
