#include "runners/native/tokenizer/sentence_piece.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "harness/base/error.h"
#include "harness/base/rng.h"
#include "runners/native/gguf/testing/temp_file.h"
#include "runners/native/tokenizer/testing/vocabularies.h"
#include "runners/native/tokenizer/tokenizer.h"

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::array<int, 256> NoBytes() {
  std::array<int, 256> none;
  none.fill(BpeMerges::kNoToken);
  return none;
}

std::vector<int> Encode(const SentencePiece& pieces, std::string_view text) {
  std::vector<int> ids;
  pieces.Encode(text, ids);
  return ids;
}

TEST(SentencePiece, HighestScoreFirstThenLeftmost) {
  const std::vector<SentencePiece::Piece> pieces = {
      {"a", 0, -9}, {"b", 1, -9}, {"ab", 2, -2}, {"ba", 3, -1}, {"aba", 4, -3}};
  const SentencePiece encoder(pieces, NoBytes(), BpeMerges::kNoToken);
  EXPECT_THAT(Encode(encoder, "aba"), ElementsAre(4));  // a + ba
  EXPECT_THAT(Encode(encoder, "abab"), ElementsAre(4, 1));
  EXPECT_THAT(Encode(encoder, "aab"), ElementsAre(0, 2));
  EXPECT_THAT(Encode(encoder, ""), IsEmpty());
}

TEST(SentencePiece, WhatIsNoTokenIsWrittenByteByByte) {
  std::array<int, 256> bytes = NoBytes();
  bytes[0xea] = 10;
  bytes[0xb0] = 11;
  const std::vector<SentencePiece::Piece> pieces = {{"x", 0, 0}, {"\xe2\x96\x81x", 1, 0}};
  const SentencePiece encoder(pieces, bytes, 7);
  EXPECT_THAT(Encode(encoder, "x\xea\xb0\x80x"), ElementsAre(0, 10, 11, 7, 0));  // U+AC00
  EXPECT_THAT(Encode(encoder, " x"), ElementsAre(1));
  // The blank is within a token, but none itself.
  EXPECT_THAT(Encode(encoder, "x x "), ElementsAre(0, 1, 7, 7, 7));
}

TEST(SentencePiece, TooManyWaysToMergeAreRefused) {
  std::vector<std::string> texts;
  for (int i = 1; i < 128; ++i) {
    for (int j = 1; i + j < 128; ++j) {
      for (const char* letter : {"a", "b", "c", "d", "e", "f", "g"}) {
        texts.push_back(std::string(static_cast<size_t>(i), 'x') +
                        std::string(static_cast<size_t>(j), letter[0]));
      }
    }
  }
  for (int n = 1; n < 128; ++n) {
    for (const char letter : std::string_view("xabcdefg")) {
      texts.push_back(std::string(static_cast<size_t>(n), letter));
    }
  }
  std::vector<SentencePiece::Piece> pieces;
  for (const std::string& text : texts)
    pieces.push_back({text, static_cast<int>(pieces.size()), 0});
  try {
    SentencePiece(pieces, NoBytes(), 0);
    FAIL() << "was taken";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("more than 2097152 ways"));
  }
}

// The definition, in the plainest way: over the whole text, by looking texts up.
std::vector<int> Reference(const std::map<std::string, std::pair<int, float>>& token_of,
                           const std::string& text) {
  std::vector<std::string> symbols;
  for (const char c : text) symbols.push_back(std::string(1, c));
  for (;;) {
    size_t best = symbols.size();
    float highest = 0;
    for (size_t i = 0; i + 1 < symbols.size(); ++i) {
      const auto found = token_of.find(symbols[i] + symbols[i + 1]);
      if (found == token_of.end()) continue;
      if (best == symbols.size() || found->second.second > highest) {
        highest = found->second.second;
        best = i;
      }
    }
    if (best == symbols.size()) break;
    symbols[best] += symbols[best + 1];
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
  std::vector<int> ids;
  for (const std::string& symbol : symbols) {
    const auto found = token_of.find(symbol);
    ids.push_back(found == token_of.end() ? 1000 + symbol[0] : found->second.first);
  }
  return ids;
}

TEST(SentencePiece, AgreesWithTheDefinition) {
  constexpr uint64_t kSeed = 20261122;
  SCOPED_TRACE(kSeed);
  Rng rng(kSeed);
  const auto random_text = [&](uint64_t most) {
    std::string text(1 + rng.Below(most), ' ');
    for (char& c : text) c = static_cast<char>('a' + rng.Below(5));
    return text;
  };
  std::array<int, 256> bytes = NoBytes();
  for (int c = 'a'; c <= 'e'; ++c) bytes[static_cast<size_t>(c)] = 1000 + c;
  for (int round = 0; round < 40; ++round) {
    std::map<std::string, std::pair<int, float>> token_of;
    while (token_of.size() < 60) {  // not every letter is a token; many scores are equal
      const auto id = static_cast<int>(token_of.size());
      token_of.emplace(random_text(5), std::pair{id, -static_cast<float>(rng.Below(9))});
    }
    std::vector<SentencePiece::Piece> pieces;
    for (const auto& [text, token] : token_of) pieces.push_back({text, token.first, token.second});
    const SentencePiece encoder(pieces, bytes, BpeMerges::kNoToken);
    for (int i = 0; i < 50; ++i) {
      const std::string text = random_text(60);
      ASSERT_EQ(Encode(encoder, text), Reference(token_of, text)) << text;
    }
  }
}

// 0 <unk>, 1 <s>, 2 </s>, 3 the byte 0xea, then pieces.
GgufBuilder SmallModel() {
  const std::string blank = "\xe2\x96\x81";
  GgufBuilder builder;
  builder.SetString("general.architecture", "llama").SetString("tokenizer.ggml.model", "llama");
  builder.SetStrings("tokenizer.ggml.tokens",
                     {"<unk>", "<s>", "</s>", "<0xEA>", blank, "h", "i", "hi", blank + "hi", "<",
                      "/", "s", ">", "</", "</s", "[INST]"});
  builder.SetFloats("tokenizer.ggml.scores",
                    {0, 0, 0, 0, -9, -9, -9, -1, -2, -9, -9, -9, -9, -3, -4, 0});
  builder.SetInts("tokenizer.ggml.token_type", {2, 3, 3, 6, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 4});
  return builder;
}

Tokenizer Make(const GgufBuilder& builder) {
  const TempFile model(builder.Build());
  return Tokenizer::FromGguf(GgufFile::Open(model.path()));
}

TEST(SentencePieceTokenizer, ASpaceStandsBeforeTextAndAfterSpecialTokens) {
  const Tokenizer tokenizer = Make(SmallModel());
  EXPECT_THAT(tokenizer.Encode("hi", ParseSpecial::kNo), ElementsAre(8));
  EXPECT_THAT(tokenizer.Encode("hi[INST]hi", ParseSpecial::kNo), ElementsAre(8, 15, 8));
  EXPECT_THAT(tokenizer.Encode("", ParseSpecial::kNo), IsEmpty());
  EXPECT_EQ(tokenizer.Decode(std::vector{8, 8}), "hi hi");
  EXPECT_EQ(tokenizer.DecodeContinuation(std::vector{8, 8}), " hi hi");
  const Tokenizer without = Make(SmallModel().SetBool("tokenizer.ggml.add_space_prefix", false));
  EXPECT_THAT(without.Encode("hi", ParseSpecial::kNo), ElementsAre(7));
  EXPECT_EQ(without.Decode(std::vector{8}), " hi");
}

TEST(SentencePieceTokenizer, BosIsUsualEosIsNot) {
  EXPECT_THAT(Make(SmallModel()).EncodePrompt("hi"), ElementsAre(1, 8));
  EXPECT_THAT(Make(SmallModel()).EncodeDocument("hi"), ElementsAre(1, 8));
  GgufBuilder other = SmallModel();
  other.SetBool("tokenizer.ggml.add_bos_token", false);
  other.SetBool("tokenizer.ggml.add_eos_token", true);
  EXPECT_THAT(Make(other).EncodePrompt("hi"), ElementsAre(8));
  EXPECT_THAT(Make(other).EncodeDocument("hi"), ElementsAre(8, 2));
}

// llama.cpp gives 2 here: text of a user could end its own turn.
TEST(SentencePieceTokenizer, NoTextMergesIntoAControlToken) {
  const Tokenizer tokenizer = Make(SmallModel().SetBool("tokenizer.ggml.add_space_prefix", false));
  EXPECT_THAT(tokenizer.Encode("</s>", ParseSpecial::kNo), ElementsAre(14, 12));
  EXPECT_THAT(tokenizer.Encode("</s>", ParseSpecial::kYes), ElementsAre(2));
  EXPECT_THAT(tokenizer.Encode("<0xEA>", ParseSpecial::kNo), testing::Not(ElementsAre(3)));
  EXPECT_TRUE(tokenizer.IsEndOfGeneration(2));
}

TEST(SentencePieceTokenizer, BytesComeTogetherInTheStream) {
  const Tokenizer tokenizer = Make(SmallModel());
  StreamDecoder stream(tokenizer);
  EXPECT_EQ(stream.Push(8), " hi");
  EXPECT_EQ(stream.Push(3), "");
  EXPECT_EQ(stream.Push(7), "\xef\xbf\xbdhi");
}

void ExpectRefusal(const GgufBuilder& builder, const std::string& says) {
  try {
    Make(builder);
    FAIL() << "was read";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr(says));
  }
}

TEST(SentencePieceTokenizer, BrokenScoresAndTokensAreRefused) {
  constexpr char kScores[] = "tokenizer.ggml.scores";
  ExpectRefusal(SmallModel().Remove(kScores), "has no metadata 'tokenizer.ggml.scores'");
  ExpectRefusal(SmallModel().SetFloats(kScores, {0, 0}), "has 2 elements for 16 tokens");
  ExpectRefusal(SmallModel().SetFloats(kScores, std::vector<float>(16, NAN)), "0 is NaN");
  ExpectRefusal(SmallModel().SetStrings(kScores, {"0"}), "is of type array of string");
  GgufBuilder longer = SmallModel();
  longer.SetStrings("tokenizer.ggml.tokens", {std::string(257, 'x')});
  longer.SetFloats(kScores, {0}).Remove("tokenizer.ggml.token_type");
  ExpectRefusal(longer,
                "token 0 is 257 bytes long, the limit in SentencePiece vocabularies is 256");
}

}  // namespace
}  // namespace moebench
