// Broken and hostile vocabularies (family G11: published bugs of llama.cpp's vocabulary loading).
#include "runners/native/tokenizer/vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <ostream>

#include "harness/base/error.h"
#include "harness/base/rng.h"
#include "runners/native/gguf/testing/temp_file.h"
#include "runners/native/tokenizer/testing/vocabularies.h"

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Vocabulary Read(const GgufBuilder& builder) {
  const TempFile model(builder.Build());
  return ReadVocabulary(GgufFile::Open(model.path()));
}

std::vector<std::string> TinyTokens() {
  const TempFile model(TinyVocabulary().Build());
  return GgufFile::Open(model.path()).GetStrings("tokenizer.ggml.tokens");
}

TEST(Vocabulary, IsReadWithItsSpecialTokens) {
  const Vocabulary vocabulary = Read(TinyVocabulary());
  EXPECT_EQ(vocabulary.tokens.size(), 265u);
  EXPECT_EQ(vocabulary.tokens[260].bytes, " hello");
  EXPECT_EQ(vocabulary.pre, "qwen2");
  EXPECT_EQ(vocabulary.token_of_byte[255], 255);
  EXPECT_THAT(vocabulary.special, ElementsAre(kTinyEndOfText, kTinyStart, kTinyEnd, kTinyThink));
  EXPECT_THAT(vocabulary.end_of_generation, ElementsAre(kTinyEndOfText, kTinyEnd));
  EXPECT_FALSE(vocabulary.adds_bos);
}

TEST(Vocabulary, EndOfTurnCountsAsEndOfGeneration) {
  const auto ends = Read(TinyVocabulary().SetUint32("tokenizer.ggml.eot_token_id", 7));
  EXPECT_THAT(ends.end_of_generation, ElementsAre(7, kTinyEndOfText, kTinyEnd));
}

TEST(Vocabulary, TypesAndScoresOfOtherWidthsAreReadForWhatTheyAre) {
  const std::string types(265, '\x01');
  constexpr char kKey[] = "tokenizer.ggml.token_type";
  const auto u8 = static_cast<uint32_t>(GgufValueType::kUint8);
  // The ends of a generation are control tokens whatever their types say.
  const auto ends = ElementsAre(kTinyEndOfText, kTinyEnd);
  EXPECT_THAT(Read(TinyVocabulary().SetRaw(kKey, RawArrayEntry(kKey, u8, 265, types))).special,
              ends);
  EXPECT_THAT(Read(TinyVocabulary().Remove(kKey)).special, ends);
  const std::vector<float> nans(265, std::numeric_limits<float>::quiet_NaN());
  EXPECT_EQ(Read(TinyVocabulary().SetFloats("tokenizer.ggml.scores", nans)).tokens.size(), 265u);
}

TEST(Vocabulary, OddTokenTextsAreText) {
  std::vector<std::string> tokens = TinyTokens();
  for (const char* odd : {"<0x-1>", "<0xZZ>", "<0x00>", "", "\xff\xfe", "", "<｜User｜>"})
    tokens.push_back(odd);
  const Vocabulary vocabulary = Read(TinyVocabulary()
                                         .SetStrings("tokenizer.ggml.tokens", tokens)
                                         .Remove("tokenizer.ggml.token_type"));
  EXPECT_EQ(vocabulary.tokens[265].bytes, "<0x-1>");
  EXPECT_EQ(vocabulary.tokens[269].bytes, "\xff\xfe");
  EXPECT_EQ(vocabulary.tokens[271].bytes, "<｜User｜>");
}

struct Refusal {
  std::string name;
  std::function<void(GgufBuilder&)> damage;
  std::string says;
};
void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.name; }

std::function<void(GgufBuilder&)> SetId(const std::string& key, uint32_t id) {
  return [=](GgufBuilder& b) { b.SetUint32("tokenizer.ggml." + key, id); };
}
std::function<void(GgufBuilder&)> SetText(const std::string& key, const std::string& text) {
  return [=](GgufBuilder& b) { b.SetString("tokenizer.ggml." + key, text); };
}
std::function<void(GgufBuilder&)> SetTexts(const std::string& key, std::vector<std::string> texts) {
  return [=](GgufBuilder& b) { b.SetStrings("tokenizer.ggml." + key, texts); };
}
std::function<void(GgufBuilder&)> Without(const std::string& key) {
  return [=](GgufBuilder& b) { b.Remove("tokenizer.ggml." + key); };
}
std::function<void(GgufBuilder&)> WithToken(const std::string& token) {
  return [=](GgufBuilder& b) {
    std::vector<std::string> tokens = TinyTokens();
    tokens.push_back(token);
    b.SetStrings("tokenizer.ggml.tokens", tokens).Remove("tokenizer.ggml.token_type");
  };
}

// clang-format off
const std::vector<Refusal> kRefusals = {
    {"NoModel", Without("model"), "has no metadata 'tokenizer.ggml.model'"},
    {"UnknownModel", SetText("model", "bert"), "tokenizer 'bert' is not supported; known: gpt2"},
    {"NoPre", Without("pre"), "has no metadata 'tokenizer.ggml.pre'"},
    {"UnknownPre", SetText("pre", "llama-9"), "pre-tokenizer 'llama-9' is not supported; known: gpt-2, mpt"},
    {"HostilePre", SetText("pre", "\x1b]0;x\x07"), "pre-tokenizer '\\x1b]0;x\\x07' is not supported"},
    {"NoTokens", Without("tokens"), "has no metadata 'tokenizer.ggml.tokens'"},
    {"TokensEmpty", SetTexts("tokens", {}), "'tokenizer.ggml.tokens' is empty"},
    {"TokensAreNumbers", [](GgufBuilder& b) { b.SetInts("tokenizer.ggml.tokens", {1}); }, "is of type array of i32, not an array of strings"},
    {"OneToken", SetTexts("tokens", {"a"}), "for 1 tokens"},
    {"DuplicateToken", WithToken("hello"), "tokens 259 and 265 are both 'hello'"},
    {"HugeToken", WithToken(std::string(65537, 'x')), "token 265 is 65537 bytes long"},
    {"ByteMissing", [](GgufBuilder& b) {
       std::vector<std::string> tokens = TinyTokens();
       tokens['q'] = "[gone]";
       b.SetStrings("tokenizer.ggml.tokens", tokens);
     }, "has no token for the byte 0x71"},
    {"TypesShorter", [](GgufBuilder& b) { b.SetInts("tokenizer.ggml.token_type", {1, 1}); }, "has 2 elements for 265 tokens"},
    {"TypeOutOfRange", [](GgufBuilder& b) { b.SetInts("tokenizer.ggml.token_type", std::vector<int32_t>(265, 7)); }, "token 0 is of type 7, not 1 to 6"},
    {"TypeNegative", [](GgufBuilder& b) { b.SetInts("tokenizer.ggml.token_type", std::vector<int32_t>(265, -1)); }, "token 0 is of type -1"},
    {"TypesAreTexts", SetTexts("token_type", {"1"}), "is of type array of string, not integers"},
    {"NoMerges", Without("merges"), "has no metadata 'tokenizer.ggml.merges'"},
    {"MergeOfUnknownLeft", SetTexts("merges", {"zz e"}), "merge 0 ('zz e'): 'zz' is no token"},
    {"MergeOfUnknownRight", SetTexts("merges", {"h e", "h zz"}), "merge 1 ('h zz'): 'zz' is no token"},
    {"MergeIntoUnknown", SetTexts("merges", {"z z"}), "merge 0 ('z z'): 'zz' is no token"},
    {"MergeWithoutSpace", SetTexts("merges", {"he"}), "merge 0 ('he') is not two tokens"},
    {"MergeEmpty", SetTexts("merges", {""}), "merge 0 ('') is not two tokens"},
    {"MergeOfOne", SetTexts("merges", {"h "}), "merge 0 ('h ') is not two tokens"},
    {"EosOutOfRange", SetId("eos_token_id", 265), "eos_token_id' is 265, but there are 265 tokens"},
    {"BosOutOfRange", SetId("bos_token_id", 0xffffffff), "bos_token_id' is 4294967295"},
    {"EotOutOfRange", SetId("eot_token_id", 1u << 31), "eot_token_id' is 2147483648"},
    {"EosNegative", [](GgufBuilder& b) { b.SetInt32("tokenizer.ggml.eos_token_id", -1); }, "eos_token_id' is -1"},
    {"BosWantedButAbsent", [](GgufBuilder& b) { b.SetBool("tokenizer.ggml.add_bos_token", true).Remove("tokenizer.ggml.bos_token_id"); }, "add_bos_token' is true but there is no bos_token_id"},
};
// clang-format on

class VocabularyRefuses : public testing::TestWithParam<Refusal> {};

TEST_P(VocabularyRefuses, WithTheKeyAndItsValue) {
  GgufBuilder builder = TinyVocabulary();
  GetParam().damage(builder);
  const TempFile model(builder.Build());
  try {
    ReadVocabulary(GgufFile::Open(model.path()));
    FAIL() << "was read";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr(GetParam().says));
    EXPECT_EQ(error.where(), model.path().string());
  }
}

INSTANTIATE_TEST_SUITE_P(Wrong, VocabularyRefuses, testing::ValuesIn(kRefusals),
                         [](const auto& param_info) { return param_info.param.name; });

TEST(Vocabulary, MutatedFilesAreErrorsOrVocabularies) {
  constexpr uint64_t kSeed = 20261122;
  SCOPED_TRACE(kSeed);
  Rng rng(kSeed);
  const std::string sound = TinyVocabulary().Build();
  for (int i = 0; i < 3000; ++i) {
    std::string bytes = sound;
    for (uint64_t n = 1 + rng.Below(3); n > 0; --n) {
      bytes[rng.Below(bytes.size())] = static_cast<char>(rng.Below(256));
    }
    const TempFile model(bytes);
    try {
      const Vocabulary vocabulary = ReadVocabulary(GgufFile::Open(model.path()));
      const auto n_tokens = static_cast<int>(vocabulary.tokens.size());
      for (const int id : vocabulary.end_of_generation) EXPECT_LT(id, n_tokens);
      std::vector<int> symbols(vocabulary.token_of_byte.begin(), vocabulary.token_of_byte.end());
      vocabulary.merges.Apply(symbols);
      for (const int id : symbols) EXPECT_LT(id, n_tokens);
    } catch (const Error& error) {
      EXPECT_THAT(error.where(), HasSubstr(model.path().string()));
    }
  }
}

}  // namespace
}  // namespace moebench
