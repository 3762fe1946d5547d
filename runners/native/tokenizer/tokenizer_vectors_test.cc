// Held against ids that llama.cpp gave (testdata/README.md says how they were made).
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "harness/base/hash.h"
#include "runners/native/gguf/testing/temp_file.h"
#include "runners/native/tokenizer/testing/vocabularies.h"
#include "runners/native/tokenizer/tokenizer.h"

namespace moebench {
namespace {

std::filesystem::path TestData() {
  return std::filesystem::path(MOEBENCH_SOURCE_DIR) / "runners" / "native" / "tokenizer" /
         "testdata";
}

Tokenizer Make(const GgufBuilder& builder) {
  const TempFile model(builder.Build());
  return Tokenizer::FromGguf(GgufFile::Open(model.path()));
}

std::string TextOf(const std::vector<int>& ids) {
  std::string text;
  for (const int id : ids) text += (text.empty() ? "" : " ") + std::to_string(id);
  return text;
}

// Lines in pairs: a pre-tokenizer's name, and for each text the beginning of the digest of its ids.
std::map<std::string, std::vector<std::string>> FamilyDigests() {
  const std::vector<std::string> lines = ReadLines(TestData() / "families.out");
  std::map<std::string, std::vector<std::string>> digests;
  for (size_t i = 0; i + 1 < lines.size(); i += 2) {
    std::istringstream words(lines[i + 1]);
    for (std::string word; words >> word;) digests[lines[i]].push_back(word);
  }
  return digests;
}

class PreTokenizerNames : public testing::TestWithParam<std::string> {};

TEST_P(PreTokenizerNames, CutsTextAsLlamaCppDoes) {
  const std::vector<std::string> texts = ReadTexts(TestData() / "texts.inp");
  const std::vector<std::string> expected = FamilyDigests()[GetParam()];
  ASSERT_EQ(expected.size(), texts.size());
  const Tokenizer tokenizer = Make(PairVocabulary(GetParam()));
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::vector<int> ids = tokenizer.Encode(texts[i], ParseSpecial::kNo);
    EXPECT_EQ(Sha256Hex(TextOf(ids)).substr(0, 8), expected[i]) << i << ": " << texts[i];
    EXPECT_EQ(tokenizer.Decode(ids), texts[i]);
  }
}

INSTANTIATE_TEST_SUITE_P(Known, PreTokenizerNames, testing::ValuesIn(KnownPreTokenizers()),
                         [](const auto& param_info) {
                           std::string name = param_info.param;
                           std::replace_if(
                               name.begin(), name.end(), [](char c) { return !isalnum(c); }, '_');
                           return name;
                         });

void ExpectVectors(const Tokenizer& tokenizer, const std::vector<TokenizerVector>& vectors) {
  for (const TokenizerVector& vector : vectors) {
    EXPECT_EQ(tokenizer.Encode(vector.text, ParseSpecial::kNo), vector.ids) << vector.text;
    // SentencePiece writes blanks as U+2581, so that one in the text comes back as a blank.
    if (vector.text.find("▁") != std::string::npos) continue;
    EXPECT_EQ(tokenizer.Decode(vector.ids), vector.text);
  }
}

TEST(TokenizerVectors, DemoVocabulary) {
  const auto path = TestData() / "demo-vocab.gguf";
  const Tokenizer tokenizer = Tokenizer::FromGguf(GgufFile::Open(path));
  const std::vector<TokenizerVector> vectors = ReadVectors(path);
  EXPECT_EQ(vectors.size(), 24u);
  ExpectVectors(tokenizer, vectors);
  // The same tool with special tokens parsed, on the turn as one text.
  EXPECT_EQ(tokenizer.EncodeChat("\n hi there"),
            (std::vector<int>{1198, 266, 10, 10, 267, 105, 714, 1199, 10, 1198, 265, 10}));
}

class RealVocabularies : public testing::TestWithParam<std::string> {};

// llama.cpp's own test vectors, and our texts.
TEST_P(RealVocabularies, GiveTheIdsOfLlamaCpp) {
  const auto data = VocabularyData();
  if (!data) GTEST_SKIP() << "no ../shared/data/vocabs beside the repository";
  const std::string name = GetParam();
  const auto path = *data / ("ggml-vocab-" + name + ".gguf");
  const Tokenizer tokenizer =
      name == "qwen2" ? Make(Qwen2Vocabulary(*data)) : Tokenizer::FromGguf(GgufFile::Open(path));
  const std::vector<TokenizerVector> published = ReadVectors(path);
  EXPECT_GE(published.size(), 45u);
  ExpectVectors(tokenizer, published);
  const auto ids = TestData() / ("texts." + name + ".out");
  ExpectVectors(tokenizer, ReadVectors(TestData() / "texts.inp", ids));
}

INSTANTIATE_TEST_SUITE_P(Real, RealVocabularies,
                         testing::Values("deepseek-llm", "falcon", "gpt-2", "llama-spm", "qwen2",
                                         "starcoder"),
                         [](const auto& param_info) {
                           std::string name = param_info.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace moebench
