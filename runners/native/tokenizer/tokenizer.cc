#include "runners/native/tokenizer/tokenizer.h"

#include <algorithm>

#include "harness/base/error.h"
#include "harness/base/utf8.h"
#include "runners/native/tokenizer/special_split.h"

namespace moebench {

Tokenizer Tokenizer::FromGguf(const GgufFile& file) {
  Vocabulary vocabulary = ReadVocabulary(file);
  PreTokenizer pre_tokenizer = PreTokenizer::Named(vocabulary.pre);
  const ChatFormat chat_format = DetectChatFormat(file.GetString("tokenizer.chat_template", ""));
  return Tokenizer(std::move(vocabulary), std::move(pre_tokenizer), chat_format);
}

Tokenizer::Tokenizer(Vocabulary vocabulary, PreTokenizer pre_tokenizer, ChatFormat chat_format)
    : vocabulary_(std::move(vocabulary)),
      pre_tokenizer_(std::move(pre_tokenizer)),
      chat_format_(chat_format) {}

bool Tokenizer::IsEndOfGeneration(int id) const {
  const std::vector<int>& ends = vocabulary_.end_of_generation;
  return std::binary_search(ends.begin(), ends.end(), id);
}

std::vector<int> Tokenizer::Encode(std::string_view text, ParseSpecial parse_special) const {
  const TextSegment segment{std::string(text), parse_special};
  return Encode({&segment, 1});
}

std::vector<int> Tokenizer::Encode(std::span<const TextSegment> segments) const {
  std::vector<int> ids;
  for (const Fragment& fragment : SplitSpecial(vocabulary_, segments)) {
    if (fragment.token >= 0) {
      ids.push_back(fragment.token);
    } else {
      EncodePlain(fragment.text, ids);
    }
  }
  return ids;
}

void Tokenizer::EncodePlain(std::string_view text, std::vector<int>& ids) const {
  std::vector<std::string_view> words;
  pre_tokenizer_.Split(text, words);
  std::vector<int> symbols;
  for (const std::string_view word : words) {
    symbols.clear();
    for (const char c : word) {
      symbols.push_back(vocabulary_.token_of_byte[static_cast<unsigned char>(c)]);
    }
    vocabulary_.merges.Apply(symbols);
    ids.insert(ids.end(), symbols.begin(), symbols.end());
  }
}

std::vector<int> Tokenizer::EncodeWithBos(std::span<const TextSegment> segments) const {
  std::vector<int> ids = Encode(segments);
  if (vocabulary_.adds_bos) ids.insert(ids.begin(), *vocabulary_.bos);
  return ids;
}

std::vector<int> Tokenizer::EncodePrompt(std::string_view text) const {
  return EncodeWithBos(FormatUserTurn(ChatFormat::kNone, text));
}

std::vector<int> Tokenizer::EncodeChat(std::string_view user) const {
  return EncodeWithBos(FormatUserTurn(chat_format_, user));
}

std::string_view Tokenizer::BytesOf(int id) const {
  CHECK(id >= 0 && id < size());
  const Vocabulary::Token& token = vocabulary_.tokens[static_cast<size_t>(id)];
  const bool hidden = token.type == TokenType::kControl || token.type == TokenType::kUnknown;
  return hidden ? std::string_view() : token.bytes;
}

std::string Tokenizer::Decode(std::span<const int> ids) const {
  std::string bytes;
  for (const int id : ids) bytes += BytesOf(id);
  return ReplaceInvalidUtf8(bytes);
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
