#include "runners/native/tokenizer/vocabulary_fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/error.h"
#include "runners/native/gguf/testing/temp_file.h"
#include "runners/native/tokenizer/testing/vocabularies.h"
#include "runners/native/tokenizer/vocabulary.h"

namespace moebench {
namespace {

using testing::HasSubstr;

// What is wrong with a draft model beside the tiny vocabulary.
std::string ProblemOf(const GgufBuilder& draft) {
  const TempFile model(TinyVocabulary().Build()), other(draft.Build());
  try {
    RequireSameTokens(GgufFile::Open(model.path()), GgufFile::Open(other.path()));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kConfig);
    EXPECT_THAT(error.what(), HasSubstr(other.path().string()));
    return error.problem();
  }
  return "";
}

std::vector<std::string> Tokens() {
  const TempFile model(TinyVocabulary().Build());
  return GgufFile::Open(model.path()).GetStrings("tokenizer.ggml.tokens");
}

std::vector<int32_t> Types() {
  const TempFile model(TinyVocabulary().Build());
  std::vector<int32_t> types;
  for (const int64_t type : GgufFile::Open(model.path()).GetInts("tokenizer.ggml.token_type")) {
    types.push_back(static_cast<int32_t>(type));
  }
  return types;
}

GgufBuilder WithTokens(const std::vector<std::string>& tokens, const std::vector<int32_t>& types) {
  return TinyVocabulary()
      .SetStrings("tokenizer.ggml.tokens", tokens)
      .SetInts("tokenizer.ggml.token_type", types);
}

TEST(VocabularyFit, TheSameTokensFit) { EXPECT_EQ(ProblemOf(TinyVocabulary()), ""); }

TEST(VocabularyFit, AnotherTokenIsNamed) {
  std::vector<std::string> tokens = Tokens();
  std::swap(tokens[65], tokens[66]);
  EXPECT_THAT(ProblemOf(WithTokens(tokens, Types())), HasSubstr("token 65 is '"));
}

TEST(VocabularyFit, PaddingFitsAndMoreTokensDoNot) {
  std::vector<std::string> tokens = Tokens();
  std::vector<int32_t> types = Types();
  tokens.push_back("[PAD265]");
  types.push_back(static_cast<int32_t>(TokenType::kUnused));
  EXPECT_EQ(ProblemOf(WithTokens(tokens, types)), "");
  types.back() = static_cast<int32_t>(TokenType::kNormal);
  EXPECT_THAT(ProblemOf(WithTokens(tokens, types)), HasSubstr("266 tokens there, 265 here"));
}

TEST(VocabularyFit, OtherEndsOfTextAreNamed) {
  EXPECT_THAT(ProblemOf(TinyVocabulary().SetUint32("tokenizer.ggml.eos_token_id", 7)),
              HasSubstr("eos is token 7 there"));
}

}  // namespace
}  // namespace moebench
