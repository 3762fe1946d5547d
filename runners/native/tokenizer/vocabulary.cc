#include "runners/native/tokenizer/vocabulary.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_map>

#include "harness/base/error.h"
#include "harness/base/utf8.h"
#include "runners/native/gguf/header_reader.h"
#include "runners/native/tokenizer/byte_alphabet.h"
#include "runners/native/tokenizer/end_tokens.h"

namespace moebench {
namespace {

constexpr size_t kMaxTokenBytes = 64 * 1024;
constexpr size_t kMaxTokens = size_t{1} << 20;
constexpr size_t kMaxMerges = size_t{1} << 21;

using IdOfText = std::unordered_map<std::string_view, int>;

TokenizerKind ReadKind(const GgufFile& file) {
  const std::string model = file.GetString("tokenizer.ggml.model");
  if (model == "gpt2") return TokenizerKind::kByteLevelBpe;
  if (model == "llama") return TokenizerKind::kSentencePiece;
  file.Fail(fmt::format("tokenizer {} is not supported", Quoted(model)),
            "known: gpt2 (byte-level BPE), llama (SentencePiece)");
}

const PreTokenizerFamily* ReadFamily(const GgufFile& file, const std::string& pre) {
  const PreTokenizerFamily* family = FindPreTokenizer(pre);
  if (family == nullptr) {
    file.Fail(fmt::format("pre-tokenizer {} is not supported", Quoted(pre)),
              fmt::format("known: {}", fmt::join(KnownPreTokenizers(), ", ")));
  }
  return family;
}

// Ids by text; a text that two tokens have would make ids ambiguous.
IdOfText IndexTokens(const GgufFile& file, const std::vector<std::string>& texts) {
  if (texts.empty()) file.Fail("metadata 'tokenizer.ggml.tokens' is empty");
  if (texts.size() > kMaxTokens) {
    file.Fail(fmt::format("has {} tokens, the limit is {}", texts.size(), kMaxTokens));
  }
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
  if (lines.size() > kMaxMerges) {
    file.Fail(fmt::format("has {} merges, the limit is {}", lines.size(), kMaxMerges));
  }
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

// U+2581 stands for a space.
std::string WithSpaces(std::string_view text) {
  constexpr std::string_view kBlank = "\xe2\x96\x81";
  std::string spaced;
  for (size_t at = 0; at < text.size();) {
    const bool blank = text.substr(at).starts_with(kBlank);
    spaced += blank ? ' ' : text[at];
    at += blank ? kBlank.size() : 1;
  }
  return spaced;
}

// The byte that a text of the form <0x0A> stands for.
std::optional<char> ByteOfText(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  if (text.size() != 6 || !text.starts_with("<0x") || text[5] != '>') return std::nullopt;
  const size_t high = kDigits.find(text[3]), low = kDigits.find(text[4]);
  if (high == kDigits.npos || low == kDigits.npos) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

std::string BytesOfToken(TokenizerKind kind, TokenType type, const std::string& text) {
  if (IsSpecial(type)) return text;
  if (kind == TokenizerKind::kByteLevelBpe) return BytesOfSpelling(text);
  const std::optional<char> byte = type == TokenType::kByte ? ByteOfText(text) : std::nullopt;
  return byte ? std::string(1, *byte) : WithSpaces(text);
}

SentencePiece ReadSentencePiece(const GgufFile& file, const IdOfText& id_of,
                                const std::vector<std::string>& texts,
                                const std::vector<TokenType>& types) {
  constexpr char kScores[] = "tokenizer.ggml.scores";
  const std::vector<double> scores = file.GetFloats(kScores);
  if (scores.size() != texts.size()) {
    file.Fail(fmt::format("metadata '{}' has {} elements for {} tokens", kScores, scores.size(),
                          texts.size()));
  }
  std::array<int, 256> token_of_byte;
  token_of_byte.fill(BpeMerges::kNoToken);
  std::vector<SentencePiece::Piece> pieces;
  for (size_t id = 0; id < texts.size(); ++id) {
    const std::string& text = texts[id];
    if (std::isnan(scores[id])) file.Fail(fmt::format("metadata '{}': {} is NaN", kScores, id));
    if (const std::optional<char> byte = ByteOfText(text)) {
      token_of_byte[static_cast<unsigned char>(*byte)] = static_cast<int>(id);
    }
    const bool mergeable = types[id] == TokenType::kNormal || types[id] == TokenType::kUnused ||
                           types[id] == TokenType::kUserDefined;
    if (!mergeable || text.empty() || !IsValidUtf8(text)) continue;
    if (text.size() <= SentencePiece::kMaxPieceBytes) {
      pieces.push_back({text, static_cast<int>(id), static_cast<float>(scores[id])});
    } else if (types[id] != TokenType::kUserDefined) {  // those are found before anything merges
      file.Fail(
          fmt::format("token {} is {} bytes long, the limit in SentencePiece vocabularies is {}",
                      id, text.size(), SentencePiece::kMaxPieceBytes));
    }
  }
  for (const auto& [text, id] : id_of) {
    int& token = token_of_byte[static_cast<unsigned char>(text[0])];
    if (text.size() == 1 && token == BpeMerges::kNoToken) token = id;
  }
  const std::optional<int> unknown =
      ReadTokenId(file, "tokenizer.ggml.unknown_token_id", texts.size());
  try {
    return SentencePiece(pieces, token_of_byte, unknown.value_or(0));
  } catch (const Error& error) {
    file.Fail(error.what());
  }
}

// The bytes of every token that a piece of text can be.
IdOfBytes WholePieces(const std::vector<Vocabulary::Token>& tokens) {
  IdOfBytes whole_pieces;
  for (size_t id = 0; id < tokens.size(); ++id) {
    if (tokens[id].type == TokenType::kNormal && !tokens[id].bytes.empty()) {
      whole_pieces.emplace(tokens[id].bytes, static_cast<int>(id));
    }
  }
  return whole_pieces;
}

// What the metadata say, else what the kind and the pre-tokenizer's name say.
void ReadMarks(const GgufFile& file, Vocabulary& vocabulary) {
  const bool sentence_piece = vocabulary.kind == TokenizerKind::kSentencePiece;
  const size_t n_tokens = vocabulary.tokens.size();
  vocabulary.bos = ReadTokenId(file, "tokenizer.ggml.bos_token_id", n_tokens);
  vocabulary.eos = ReadTokenId(file, "tokenizer.ggml.eos_token_id", n_tokens);
  if (sentence_piece && !vocabulary.bos && n_tokens > 1) vocabulary.bos = 1;
  if (sentence_piece && !vocabulary.eos && n_tokens > 2) vocabulary.eos = 2;
  const auto read = [&](const char* key, bool absent, const std::optional<int>& id,
                        const char* id_key) {
    if (!file.Has(key)) return absent && id.has_value();
    const bool adds = file.GetBool(key);
    if (adds && !id)
      file.Fail(fmt::format("metadata '{}' is true but there is no {}", key, id_key));
    return adds;
  };
  const bool usual = sentence_piece || vocabulary.family->adds_bos;
  vocabulary.adds_bos = read("tokenizer.ggml.add_bos_token", usual, vocabulary.bos, "bos_token_id");
  vocabulary.adds_eos = read("tokenizer.ggml.add_eos_token", false, vocabulary.eos, "eos_token_id");
  vocabulary.adds_space_prefix =
      sentence_piece && file.GetBool("tokenizer.ggml.add_space_prefix", true);
}

}  // namespace

Vocabulary ReadVocabulary(const GgufFile& file) {
  Vocabulary vocabulary;
  vocabulary.kind = ReadKind(file);
  const bool byte_level = vocabulary.kind == TokenizerKind::kByteLevelBpe;
  if (byte_level) {
    vocabulary.pre = file.GetString("tokenizer.ggml.pre");
    vocabulary.family = ReadFamily(file, vocabulary.pre);
  }
  const std::vector<std::string>& texts = file.GetStrings("tokenizer.ggml.tokens");
  const IdOfText id_of = IndexTokens(file, texts);
  std::vector<TokenType> types = ReadTypes(file, texts.size());
  vocabulary.end_of_generation = ReadEndTokens(file, id_of, texts.size());
  for (const auto& [text, id] : id_of) {  // also where a converter forgot to say so
    if (IsEndText(text)) types[static_cast<size_t>(id)] = TokenType::kControl;
  }
  for (size_t id = 0; id < texts.size(); ++id) {
    vocabulary.tokens.push_back({BytesOfToken(vocabulary.kind, types[id], texts[id]), types[id]});
    if (IsSpecial(types[id]) && !texts[id].empty()) {
      vocabulary.special.push_back(static_cast<int>(id));
    }
  }
  std::stable_sort(vocabulary.special.begin(), vocabulary.special.end(), [&](int a, int b) {
    return texts[static_cast<size_t>(a)].size() > texts[static_cast<size_t>(b)].size();
  });
  ReadMarks(file, vocabulary);
  if (byte_level) {
    vocabulary.token_of_byte = ReadByteTokens(file, id_of);
    vocabulary.merges = ReadMerges(file, id_of);
    if (vocabulary.family->ignores_merges) {
      vocabulary.whole_pieces = WholePieces(vocabulary.tokens);
    }
  } else {
    vocabulary.sentence_piece = ReadSentencePiece(file, id_of, texts, types);
  }
  return vocabulary;
}

}  // namespace moebench
