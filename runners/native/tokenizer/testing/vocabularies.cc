#include "runners/native/tokenizer/testing/vocabularies.h"

#include <cstdlib>
#include <sstream>

#include "harness/base/error.h"
#include "harness/base/files.h"
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
  constexpr std::string_view kBetween = "\n__ggml_vocab_test__\n";
  const std::string texts = ReadFile(gguf_path.string() + ".inp", kMaxDataBytes);
  std::vector<TokenizerVector> vectors;
  size_t at = 0;
  for (const std::string& line : Lines(ReadFile(gguf_path.string() + ".out", kMaxDataBytes))) {
    const size_t end = std::min(texts.find(kBetween, at), texts.size());
    TokenizerVector vector{texts.substr(at, end - at), {}};
    std::istringstream numbers(line);
    for (int id; numbers >> id;) vector.ids.push_back(id);
    vectors.push_back(std::move(vector));
    at = std::min(end + kBetween.size(), texts.size());
  }
  return vectors;
}

}  // namespace moebench
