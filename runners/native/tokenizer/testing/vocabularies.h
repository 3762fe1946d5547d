// Vocabularies for tests: a tiny one made here, and the public ones of the check data, which are no
// part of the project and may be absent.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runners/native/gguf/testing/gguf_builder.h"

namespace moebench {

// 256 byte tokens (id = byte), then "he" 256, "ll" 257, "hell" 258, "hello" 259, " hello" 260, then
// the control tokens <|endoftext|> 261, <|im_start|> 262, <|im_end|> 263 and the user-defined
// token <think> 264. Pre-tokenizer qwen2.
GgufBuilder TinyVocabulary();
inline constexpr int kTinyEndOfText = 261, kTinyStart = 262, kTinyEnd = 263, kTinyThink = 264;

// 256 byte tokens (id = byte), then every pair of bytes, merged in a random order, then a few texts
// that no merge makes: its ids tell where text was cut, and whether merges were ignored.
GgufBuilder PairVocabulary(std::string_view pre);

// ../shared/data/vocabs beside the repository; nullopt where it is absent.
std::optional<std::filesystem::path> VocabularyData();

// The vocabulary of Qwen2 as a GGUF, from the vocab.json and merges.txt of the check data.
GgufBuilder Qwen2Vocabulary(const std::filesystem::path& vocabulary_data);

// Test vectors of llama.cpp: texts and the ids it gives for them.
struct TokenizerVector {
  std::string text;
  std::vector<int> ids;
};
std::vector<TokenizerVector> ReadVectors(const std::filesystem::path& gguf_path);
std::vector<TokenizerVector> ReadVectors(const std::filesystem::path& texts_path,
                                         const std::filesystem::path& ids_path);
// Texts split by lines of __ggml_vocab_test__; lines without those that begin with #.
std::vector<std::string> ReadTexts(const std::filesystem::path& path);
std::vector<std::string> ReadLines(const std::filesystem::path& path);

}  // namespace moebench
