#include "runners/native/tokenizer/vocabulary.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <unordered_map>

#include "runners/native/gguf/header_reader.h"
#include "runners/native/tokenizer/byte_alphabet.h"
#include "runners/native/tokenizer/pre_tokenizer.h"

namespace moebench {
namespace {

constexpr size_t kMaxTokenBytes = 64 * 1024;

// Texts that end a generation whatever the metadata say (llama.cpp's list, as far as byte-level BPE
// models have them).
constexpr std::string_view kEndTexts[] = {
    "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|eom_id|>",  "<|end_of_text|>", "<|end|>",
    "<|return|>", "<|call|>",      "<EOT>",      "<|fim_pad|>", "<|repo_name|>",   "<|file_sep|>"};

using IdOfText = std::unordered_map<std::string_view, int>;

void RequireByteLevelBpe(const GgufFile& file) {
  const std::string model = file.GetString("tokenizer.ggml.model");
  if (model != "gpt2") {
    file.Fail(fmt::format("tokenizer {} is not supported", Quoted(model)),
              "known: gpt2 (byte-level BPE)");
  }
}

std::string ReadPre(const GgufFile& file) {
  const std::string pre = file.GetString("tokenizer.ggml.pre");
  const auto& known = PreTokenizer::KnownNames();
  if (std::find(known.begin(), known.end(), pre) == known.end()) {
    file.Fail(fmt::format("pre-tokenizer {} is not supported", Quoted(pre)),
              fmt::format("known: {}", fmt::join(known, ", ")));
  }
  return pre;
}

// Ids by text; a text that two tokens have would make ids ambiguous.
IdOfText IndexTokens(const GgufFile& file, const std::vector<std::string>& texts) {
  if (texts.empty()) file.Fail("metadata 'tokenizer.ggml.tokens' is empty");
  IdOfText id_of;
  id_of.reserve(texts.size());
  for (size_t id = 0; id < texts.size(); ++id) {
    if (texts[id].size() > kMaxTokenBytes) {
      file.Fail(fmt::format("token {} is {} bytes long, the limit is {}", id, texts[id].size(),
                            kMaxTokenBytes));
    }
    if (texts[id].empty()) continue;
    const auto [found, fresh] = id_of.emplace(texts[id], static_cast<int>(id));
    if (!fresh) {
      file.Fail(fmt::format("tokens {} and {} are both {}", found->second, id, Quoted(texts[id])));
    }
  }
  return id_of;
}

std::vector<TokenType> ReadTypes(const GgufFile& file, size_t n_tokens) {
  constexpr char kKey[] = "tokenizer.ggml.token_type";
  std::vector<TokenType> types(n_tokens, TokenType::kNormal);
  if (!file.Has(kKey)) return types;
  const std::vector<int64_t> numbers = file.GetInts(kKey);
  if (numbers.size() != n_tokens) {
    file.Fail(
        fmt::format("metadata '{}' has {} elements for {} tokens", kKey, numbers.size(), n_tokens));
  }
  for (size_t id = 0; id < n_tokens; ++id) {
    if (numbers[id] < 1 || numbers[id] > 6) {
      file.Fail(
          fmt::format("metadata '{}': token {} is of type {}, not 1 to 6", kKey, id, numbers[id]));
    }
    types[id] = static_cast<TokenType>(numbers[id]);
  }
  return types;
}

bool IsSpecial(TokenType type) {
  return type == TokenType::kUnknown || type == TokenType::kControl ||
         type == TokenType::kUserDefined;
}

BpeMerges ReadMerges(const GgufFile& file, const IdOfText& id_of) {
  const std::vector<std::string>& lines = file.GetStrings("tokenizer.ggml.merges");
  BpeMerges merges(lines.size());
  for (size_t rank = 0; rank < lines.size(); ++rank) {
    const std::string& line = lines[rank];
    const auto token = [&](std::string_view text) {
      const auto found = id_of.find(text);
      if (found == id_of.end()) {
        file.Fail(fmt::format("merge {} ({}): {} is no token", rank, Quoted(line), Quoted(text)));
      }
      return found->second;
    };
    const size_t space = line.find(' ', 1);
    if (space == std::string::npos || space + 1 == line.size()) {
      file.Fail(
          fmt::format("merge {} ({}) is not two tokens with a space between", rank, Quoted(line)));
    }
    const std::string_view left = std::string_view(line).substr(0, space);
    const std::string_view right = std::string_view(line).substr(space + 1);
    const int left_id = token(left), right_id = token(right);
    merges.Add(left_id, right_id, token(std::string(left).append(right)));
  }
  return merges;
}

// Real vocabularies lack bytes that UTF-8 never has (StarCoder: 0xc0) or control characters
// (Falcon: 0x03); one without printable ASCII is broken.
std::array<int, 256> ReadByteTokens(const GgufFile& file, const IdOfText& id_of) {
  std::array<int, 256> token_of_byte;
  for (size_t byte = 0; byte < 256; ++byte) {
    const auto found = id_of.find(LetterOfByte(static_cast<unsigned char>(byte)));
    if (found == id_of.end() && byte >= 0x20 && byte <= 0x7e) {
      file.Fail(fmt::format("has no token for the byte 0x{:02x}, as byte-level BPE must", byte));
    }
    token_of_byte[byte] = found == id_of.end() ? BpeMerges::kNoToken : found->second;
  }
  return token_of_byte;
}

std::optional<int> ReadTokenId(const GgufFile& file, std::string_view key, size_t n_tokens) {
  if (!file.Has(key)) return std::nullopt;
  const int64_t id = file.GetInt(key);
  if (id < 0 || id >= static_cast<int64_t>(n_tokens)) {
    file.Fail(fmt::format("metadata '{}' is {}, but there are {} tokens", key, id, n_tokens));
  }
  return static_cast<int>(id);
}

std::vector<int> ReadEndOfGeneration(const GgufFile& file, const IdOfText& id_of, size_t n_tokens) {
  std::set<int> ids;
  for (const char* key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id",
                          "tokenizer.ggml.eom_token_id"}) {
    if (const std::optional<int> id = ReadTokenId(file, key, n_tokens)) ids.insert(*id);
  }
  for (const std::string_view text : kEndTexts) {
    const auto found = id_of.find(text);
    if (found != id_of.end()) ids.insert(found->second);
  }
  return {ids.begin(), ids.end()};
}

}  // namespace

Vocabulary ReadVocabulary(const GgufFile& file) {
  RequireByteLevelBpe(file);
  Vocabulary vocabulary;
  vocabulary.pre = ReadPre(file);
  const std::vector<std::string>& texts = file.GetStrings("tokenizer.ggml.tokens");
  const IdOfText id_of = IndexTokens(file, texts);
  const std::vector<TokenType> types = ReadTypes(file, texts.size());
  for (size_t id = 0; id < texts.size(); ++id) {
    const bool special = IsSpecial(types[id]);
    vocabulary.tokens.push_back({special ? texts[id] : BytesOfSpelling(texts[id]), types[id]});
    if (special && !texts[id].empty()) vocabulary.special.push_back(static_cast<int>(id));
  }
  std::stable_sort(vocabulary.special.begin(), vocabulary.special.end(), [&](int a, int b) {
    return texts[static_cast<size_t>(a)].size() > texts[static_cast<size_t>(b)].size();
  });
  vocabulary.token_of_byte = ReadByteTokens(file, id_of);
  vocabulary.merges = ReadMerges(file, id_of);
  vocabulary.bos = ReadTokenId(file, "tokenizer.ggml.bos_token_id", texts.size());
  vocabulary.adds_bos = file.GetBool("tokenizer.ggml.add_bos_token", false);
  if (vocabulary.adds_bos && !vocabulary.bos) {
    file.Fail("metadata 'tokenizer.ggml.add_bos_token' is true but there is no bos_token_id");
  }
  vocabulary.end_of_generation = ReadEndOfGeneration(file, id_of, texts.size());
  return vocabulary;
}

}  // namespace moebench
