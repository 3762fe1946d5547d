#include "runners/native/facts/model_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <system_error>

#include "runners/native/gguf/testing/temp_file.h"
#include "runners/native/gguf/testing/tiny_moe.h"

namespace moebench {
namespace {

ModelFacts FactsOf(const GgufBuilder& builder) {
  const TempFile model(builder.Build());
  return ReadModelFacts(GgufFile::Open(model.path()));
}

TEST(ModelFacts, AreTheHeaders) {
  GgufBuilder builder = TinyMoe({.type = TensorType::kQ8_0});
  builder.SetString("tokenizer.chat_template", "<|im_start|>user\n...<|im_end|>");
  const ModelFacts facts = FactsOf(builder);
  EXPECT_EQ(facts.architecture, "qwen3moe");
  EXPECT_EQ(facts.name, "tiny qwen3moe");
  EXPECT_EQ(facts.quantisation, "Q8_0");
  EXPECT_EQ(facts.expert_count_key, "qwen3moe.expert_used_count");
  EXPECT_EQ(facts.chat_format, "chatml");
  EXPECT_EQ(facts.n_layers, 2);
  EXPECT_EQ(facts.n_moe_layers, 2);
  EXPECT_EQ(facts.n_recurrent_layers, 0);
  EXPECT_EQ(facts.n_experts, 8);
  EXPECT_EQ(facts.k0, 2);
  EXPECT_EQ(facts.vocabulary_size, 96);
  EXPECT_EQ(FactsOf(TinyMoe({})).chat_format, "none");
  EXPECT_EQ(FactsOf(TinyMoe({})).quantisation, "F32");
}

// By hand: d 64, 4 heads of 32, 2 KV heads, 8 experts of width 32, vocabulary 96, 2 layers, F32.
TEST(ModelFacts, BytesPerTokenAreTheWeightsThatAreRead) {
  constexpr int64_t kLayer = 64 + 64 * 128 + 2 * 64 * 64 + 128 * 64 + 2 * 32 + 64 + 64 * 8;
  constexpr int64_t kExpert = 3 * 64 * 32;
  constexpr int64_t kRow = 64;
  constexpr int64_t kHead = 64 * 96;
  const ModelFacts facts = FactsOf(TinyMoe({}));
  EXPECT_EQ(facts.expert_bytes, 4 * kExpert);
  EXPECT_EQ(facts.dense_bytes_per_token, 4 * (2 * kLayer + 64 + kHead + kRow));
  EXPECT_EQ(facts.parameter_count, 2 * kLayer + 2 * 8 * kExpert + 64 + 2 * kHead);
  EXPECT_EQ(facts.kv_bytes_per_position, 2 * 2 * 2 * 32 * 4);
  EXPECT_EQ(FactsOf(TinyMoe({.tied_output = true})).dense_bytes_per_token,
            facts.dense_bytes_per_token);
}

ModelFacts FactsOfBundled(const char* file) {
  const auto path = std::filesystem::path(MOEBENCH_SOURCE_DIR) / "suites" / "demo" / file;
  return ReadModelFacts(GgufFile::Open(path));
}

TEST(ModelFacts, OfTheBundledModel) {
  const ModelFacts facts = FactsOfBundled("demo-moe.gguf");
  EXPECT_EQ(facts.architecture, "qwen3moe");
  EXPECT_EQ(facts.chat_format, "chatml");
  EXPECT_EQ(facts.n_experts, 32);
  EXPECT_EQ(facts.k0, 8);
  EXPECT_EQ(facts.n_moe_layers, facts.n_layers);
  EXPECT_GT(facts.MaxSpeedup(1), facts.MaxSpeedup(4));
  EXPECT_EQ(facts.MaxSpeedup(8), 1.0);
}

TEST(ModelFacts, TheBundledDraftReadsASixthOfTheBundledMoe) {
  const ModelFacts moe = FactsOfBundled("demo-moe.gguf");
  const ModelFacts draft = FactsOfBundled("demo-draft.gguf");
  EXPECT_EQ(draft.architecture, "qwen3");
  EXPECT_EQ(draft.n_experts, 0);
  EXPECT_EQ(draft.vocabulary_size, moe.vocabulary_size);
  EXPECT_LT(6 * draft.dense_bytes_per_token,
            moe.dense_bytes_per_token + moe.expert_bytes * moe.k0 * moe.n_moe_layers);
}

TEST(ModelFacts, TheBundledHybridIsOfDeltaNetAndAttention) {
  const ModelFacts facts = FactsOfBundled("demo-hybrid.gguf");
  EXPECT_EQ(facts.architecture, "qwen3next");
  EXPECT_EQ(facts.chat_format, "chatml");
  EXPECT_EQ(facts.n_layers, 4);
  EXPECT_EQ(facts.n_recurrent_layers, 3);
  EXPECT_EQ(facts.n_moe_layers, 4);
  EXPECT_EQ(facts.n_experts, 30);
  EXPECT_EQ(facts.k0, 8);
  EXPECT_EQ(facts.n_shared_experts, 1);
}

TEST(ModelFacts, KvBytesFollowTheType) {
  const TempFile model(TinyMoe({}).Build());
  const GgufFile file = GgufFile::Open(model.path());
  constexpr int kNumbers = 2 * 2 * 2 * 32;
  EXPECT_EQ(ReadModelFacts(file, KvType::kF16).kv_bytes_per_position, kNumbers * 2);
  EXPECT_EQ(ReadModelFacts(file, KvType::kQ8_0).kv_bytes_per_position, kNumbers / 32 * 34);
}

// Upper bounds on the speed-up by weight bytes, public for this model: 1.18, 1.43, 1.59 and 1.81
// at k = 6, 4, 3 and 2; k0 is 8. The header is that of the model's config.json in BF16, the data a
// hole in the file.
TEST(ModelFacts, MaxSpeedupOfQwen3_30B) {
  constexpr int kLayers = 48;
  constexpr uint64_t d = 2048, q = 32 * 128, kv = 4 * 128, experts = 128, width = 768;
  constexpr uint64_t vocabulary = 151936;
  GgufBuilder builder;
  builder.SetString("general.architecture", "qwen3moe");
  const auto set = [&](const std::string& key, uint32_t value) {
    builder.SetUint32("qwen3moe." + key, value);
  };
  set("block_count", kLayers);
  set("context_length", 40960);
  set("embedding_length", d);
  set("attention.head_count", 32);
  set("attention.head_count_kv", 4);
  set("attention.key_length", 128);
  set("attention.value_length", 128);
  set("expert_count", experts);
  set("expert_used_count", 8);
  builder.SetFloat("qwen3moe.rope.freq_base", 1e6f);
  builder.SetFloat("qwen3moe.attention.layer_norm_rms_epsilon", 1e-6f);
  uint64_t data_bytes = 0;
  const auto add = [&](const std::string& name, const std::vector<uint64_t>& shape) {
    const TensorType type = shape.size() == 1 ? TensorType::kF32 : TensorType::kBF16;
    builder.AddRawTensorInfo(RawTensorInfo(name, shape, static_cast<uint32_t>(type), data_bytes));
    uint64_t bytes = static_cast<uint64_t>(TraitsOf(type).block_bytes);
    for (const uint64_t ne : shape) bytes *= ne;
    data_bytes += bytes;  // all are multiples of the alignment
  };
  add("token_embd.weight", {d, vocabulary});
  add("output.weight", {d, vocabulary});
  add("output_norm.weight", {d});
  for (int layer = 0; layer < kLayers; ++layer) {
    const std::string prefix = "blk." + std::to_string(layer) + ".";
    add(prefix + "attn_norm.weight", {d});
    add(prefix + "ffn_norm.weight", {d});
    add(prefix + "attn_q_norm.weight", {128});
    add(prefix + "attn_k_norm.weight", {128});
    add(prefix + "attn_q.weight", {d, q});
    add(prefix + "attn_k.weight", {d, kv});
    add(prefix + "attn_v.weight", {d, kv});
    add(prefix + "attn_output.weight", {q, d});
    add(prefix + "ffn_gate_inp.weight", {d, experts});
    add(prefix + "ffn_gate_exps.weight", {d, width, experts});
    add(prefix + "ffn_up_exps.weight", {d, width, experts});
    add(prefix + "ffn_down_exps.weight", {width, d, experts});
  }
  const std::string header = builder.Build();
  const TempFile model(header);
  std::error_code failed;
  std::filesystem::resize_file(model.path(), header.size() + data_bytes, failed);
  if (failed) GTEST_SKIP() << "no file of 61 GB of holes here: " << failed.message();

  const ModelFacts facts = ReadModelFacts(GgufFile::Open(model.path()));
  EXPECT_NEAR(static_cast<double>(facts.parameter_count), 30.53e9, 0.01e9);
  EXPECT_EQ(facts.quantisation, "BF16");
  EXPECT_EQ(facts.expert_bytes, int64_t{2 * 3 * 2048 * 768});
  EXPECT_EQ(facts.kv_bytes_per_position, int64_t{2} * kLayers * 4 * 128 * 4);
  EXPECT_NEAR(static_cast<double>(facts.ActiveBytes(8)), 2 * 3.04e9, 0.02e9);
  EXPECT_NEAR(facts.MaxSpeedup(6), 1.18, 0.01);
  EXPECT_NEAR(facts.MaxSpeedup(4), 1.43, 0.01);
  EXPECT_NEAR(facts.MaxSpeedup(3), 1.59, 0.01);
  EXPECT_NEAR(facts.MaxSpeedup(2), 1.81, 0.01);
}

}  // namespace
}  // namespace moebench
