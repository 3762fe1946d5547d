#include "runners/native/tokenizer/tokenizer.h"

#include <algorithm>

#include "harness/base/error.h"
#include "harness/base/utf8.h"

namespace moebench {

Tokenizer Tokenizer::FromGguf(const GgufFile& file) {
  Vocabulary vocabulary = ReadVocabulary(file);
  ChatFormat chat_format = DetectChatFormat(file.GetString("tokenizer.chat_template", ""));
  return Tokenizer(std::move(vocabulary), std::move(chat_format));
}

Tokenizer::Tokenizer(Vocabulary vocabulary, ChatFormat chat_format)
    : vocabulary_(std::move(vocabulary)),
      special_(vocabulary_),
      chat_format_(std::move(chat_format)) {
  if (vocabulary_.family != nullptr) pre_tokenizer_ = PreTokenizer::Of(*vocabulary_.family);
}

bool Tokenizer::IsEndOfGeneration(int id) const {
  const std::vector<int>& ends = vocabulary_.end_of_generation;
  return std::binary_search(ends.begin(), ends.end(), id);
}

std::optional<int> Tokenizer::Bos() const {
  return vocabulary_.adds_bos ? vocabulary_.bos : std::nullopt;
}

std::vector<int> Tokenizer::Encode(std::string_view text, ParseSpecial parse_special) const {
  const TextSegment segment{std::string(text), parse_special};
  return Encode({&segment, 1});
}

std::vector<int> Tokenizer::Encode(std::span<const TextSegment> segments) const {
  std::vector<int> ids;
  bool after_special = true;
  for (const Fragment& fragment : special_.Split(segments)) {
    if (fragment.token >= 0) {
      ids.push_back(fragment.token);
    } else if (vocabulary_.kind == TokenizerKind::kByteLevelBpe) {
      EncodePieces(fragment.text, ids);
    } else {
      const bool prefix = after_special && vocabulary_.adds_space_prefix;
      vocabulary_.sentence_piece.Encode(prefix ? " " + fragment.text : fragment.text, ids);
    }
    after_special = fragment.token >= 0;
  }
  return ids;
}

void Tokenizer::EncodePieces(std::string_view text, std::vector<int>& ids) const {
  std::vector<std::string_view> pieces;
  pre_tokenizer_->Split(text, pieces);
  std::vector<int> symbols;
  for (const std::string_view piece : pieces) {
    const auto whole = vocabulary_.whole_pieces.find(piece);
    if (whole != vocabulary_.whole_pieces.end()) {
      ids.push_back(whole->second);
      continue;
    }
    symbols.clear();
    for (const char c : piece) {
      symbols.push_back(vocabulary_.token_of_byte[static_cast<unsigned char>(c)]);
    }
    vocabulary_.merges.Apply(symbols);
    ids.insert(ids.end(), symbols.begin(), symbols.end());
  }
}

std::vector<int> Tokenizer::WithBos(std::vector<int> ids, bool wanted) const {
  if (wanted && vocabulary_.bos) ids.insert(ids.begin(), *vocabulary_.bos);
  return ids;
}

std::vector<int> Tokenizer::EncodePrompt(std::string_view text) const {
  return WithBos(Encode(text, ParseSpecial::kNo), vocabulary_.adds_bos);
}

std::vector<int> Tokenizer::EncodeDocument(std::string_view text) const {
  std::vector<int> ids = EncodePrompt(text);
  if (vocabulary_.adds_eos) ids.push_back(*vocabulary_.eos);
  return ids;
}

std::vector<int> Tokenizer::EncodeChat(std::string_view user, Think think) const {
  return WithBos(Encode(FormatUserTurn(chat_format_, user, think)),
                 vocabulary_.adds_bos || chat_format_.writes_bos);
}

std::string_view Tokenizer::BytesOf(int id) const {
  CHECK(id >= 0 && id < size());
  const Vocabulary::Token& token = vocabulary_.tokens[static_cast<size_t>(id)];
  const bool hidden = token.type == TokenType::kControl || token.type == TokenType::kUnknown;
  return hidden ? std::string_view() : token.bytes;
}

std::string Tokenizer::DecodeContinuation(std::span<const int> ids) const {
  std::string bytes;
  for (const int id : ids) bytes += BytesOf(id);
  return ReplaceInvalidUtf8(bytes);
}

std::string Tokenizer::Decode(std::span<const int> ids) const {
  std::string text = DecodeContinuation(ids);
  if (vocabulary_.adds_space_prefix && text.starts_with(' ')) text.erase(0, 1);
  return text;
}

std::string StreamDecoder::Push(int id) {
  pending_ += tokenizer_.BytesOf(id);
  const size_t whole = pending_.size() - IncompleteUtf8Tail(pending_);
  std::string text = ReplaceInvalidUtf8(std::string_view(pending_).substr(0, whole));
  pending_.erase(0, whole);
  return text;
}

std::string StreamDecoder::Finish() {
  std::string text = ReplaceInvalidUtf8(pending_);
  pending_.clear();
  return text;
}

}  // namespace moebench
