#include "runners/native/tokenizer/testing/vocabularies.h"

#include <cstdlib>
#include <sstream>
#include <utility>

#include "harness/base/error.h"
#include "harness/base/files.h"
#include "harness/base/rng.h"
#include "runners/native/tokenizer/byte_alphabet.h"
#include "runners/native/tokenizer/vocabulary.h"

namespace moebench {
namespace {

constexpr uint64_t kMaxDataBytes = 64 << 20;

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// {"token":id,...} with \" and \\ as the only escapes, which is all that the file has.
std::vector<std::string> TokensOfJson(const std::string& json) {
  std::vector<std::string> tokens;
  for (size_t at = json.find('"'); at != std::string::npos; at = json.find('"', at)) {
    std::string token;
    for (++at; json[at] != '"'; ++at) {
      if (json[at] == '\\') ++at;
      token += json[at];
    }
    const size_t id = std::strtoul(json.c_str() + at + 2, nullptr, 10);
    CHECK(id == tokens.size());
    tokens.push_back(std::move(token));
    ++at;
  }
  return tokens;
}

}  // namespace

GgufBuilder TinyVocabulary() {
  std::vector<std::string> tokens;
  for (int byte = 0; byte < 256; ++byte) {
    tokens.push_back(LetterOfByte(static_cast<unsigned char>(byte)));
  }
  const std::string space = LetterOfByte(' ');
  tokens.insert(tokens.end(), {"he", "ll", "hell", "hello", space + "hello"});
  std::vector<int32_t> types(tokens.size(), static_cast<int32_t>(TokenType::kNormal));
  tokens.insert(tokens.end(), {"<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>"});
  types.insert(types.end(), {3, 3, 3, 4});
  GgufBuilder builder;
  builder.SetString("general.architecture", "qwen3moe");
  builder.SetString("tokenizer.ggml.model", "gpt2").SetString("tokenizer.ggml.pre", "qwen2");
  builder.SetStrings("tokenizer.ggml.tokens", tokens).SetInts("tokenizer.ggml.token_type", types);
  builder.SetStrings("tokenizer.ggml.merges", {"h e", "l l", "he ll", "hell o", space + " hello"});
  builder.SetUint32("tokenizer.ggml.eos_token_id", kTinyEnd);
  builder.SetUint32("tokenizer.ggml.bos_token_id", kTinyEndOfText);
  builder.SetString("tokenizer.chat_template", "{{'<|im_start|>' + role}}<|im_end|>");
  return builder;
}

GgufBuilder PairVocabulary(std::string_view pre) {
  constexpr size_t kBytes = 256;
  std::vector<std::string> letters;
  for (size_t byte = 0; byte < kBytes; ++byte) {
    letters.push_back(LetterOfByte(static_cast<unsigned char>(byte)));
  }
  std::vector<std::string> tokens = letters, merges;
  for (const std::string& left : letters) {
    for (const std::string& right : letters) {
      tokens.push_back(left + right);
      merges.push_back(left + " " + right);
    }
  }
  Rng rng(20261122);
  for (size_t i = merges.size(); i > 1; --i) std::swap(merges[i - 1], merges[rng.Below(i)]);
  for (const char* text : {"Hello", "hello", " world", "don", "123", "...", "안녕", "🤣"}) {
    std::string spelling;
    for (const char c : std::string_view(text)) {
      spelling += LetterOfByte(static_cast<unsigned char>(c));
    }
    tokens.push_back(spelling);
  }
  GgufBuilder builder;
  builder.SetString("general.architecture", "llama").SetString("tokenizer.ggml.model", "gpt2");
  builder.SetString("tokenizer.ggml.pre", pre).SetStrings("tokenizer.ggml.tokens", tokens);
  builder.SetStrings("tokenizer.ggml.merges", merges);
  return builder;
}

std::optional<std::filesystem::path> VocabularyData() {
  const auto path =
      std::filesystem::path(MOEBENCH_SOURCE_DIR).parent_path() / "shared" / "data" / "vocabs";
  if (!std::filesystem::exists(path)) return std::nullopt;
  return path;
}

GgufBuilder Qwen2Vocabulary(const std::filesystem::path& vocabulary_data) {
  const auto read = [&](const char* name) {
    return ReadFile(vocabulary_data / "qwen2" / name, kMaxDataBytes);
  };
  std::vector<std::string> tokens = TokensOfJson(read("vocab.json"));
  std::vector<int32_t> types(tokens.size(), static_cast<int32_t>(TokenType::kNormal));
  for (const char* control : {"<|endoftext|>", "<|im_start|>", "<|im_end|>"}) {
    tokens.push_back(control);
    types.push_back(static_cast<int32_t>(TokenType::kControl));
  }
  std::vector<std::string> merges = Lines(read("merges.txt"));
  if (merges.front().starts_with("#version")) merges.erase(merges.begin());
  GgufBuilder builder;
  builder.SetString("general.architecture", "qwen2");
  builder.SetString("tokenizer.ggml.model", "gpt2").SetString("tokenizer.ggml.pre", "qwen2");
  builder.SetStrings("tokenizer.ggml.tokens", tokens).SetInts("tokenizer.ggml.token_type", types);
  builder.SetStrings("tokenizer.ggml.merges", merges);
  return builder;
}

std::vector<TokenizerVector> ReadVectors(const std::filesystem::path& gguf_path) {
  return ReadVectors(gguf_path.string() + ".inp", gguf_path.string() + ".out");
}

std::vector<std::string> ReadTexts(const std::filesystem::path& path) {
  constexpr std::string_view kBetween = "\n__ggml_vocab_test__\n";
  const std::string all = ReadFile(path, kMaxDataBytes);
  std::vector<std::string> texts;
  for (size_t at = 0;;) {
    const size_t end = all.find(kBetween, at);
    texts.push_back(all.substr(at, end == all.npos ? end : end - at));
    if (end == std::string::npos) return texts;
    at = end + kBetween.size();
  }
}

std::vector<std::string> ReadLines(const std::filesystem::path& path) {
  std::vector<std::string> lines = Lines(ReadFile(path, kMaxDataBytes));
  std::erase_if(lines, [](const std::string& line) { return line.starts_with('#'); });
  return lines;
}

std::vector<TokenizerVector> ReadVectors(const std::filesystem::path& texts_path,
                                         const std::filesystem::path& ids_path) {
  std::vector<TokenizerVector> vectors;
  const std::vector<std::string> lines = ReadLines(ids_path);
  for (std::string& text : ReadTexts(texts_path)) {
    if (vectors.size() == lines.size())
      break;  // the texts of llama.cpp end with a line of their own
    std::istringstream numbers(lines[vectors.size()]);
    vectors.push_back({std::move(text), {}});
    for (int id; numbers >> id;) vectors.back().ids.push_back(id);
  }
  CHECK(vectors.size() == lines.size());
  return vectors;
}

}  // namespace moebench
