// Text to token ids and back, for byte-level BPE and SentencePiece vocabularies, the same ids as
// llama.cpp gives (but see sentence_piece.h).
//   Tokenizer tokenizer = Tokenizer::FromGguf(file);
//   std::vector<int> ids = tokenizer.EncodeChat("2+3=");
// No text makes it throw: bytes that are no UTF-8 are read, and written, as U+FFFD. Owns all it
// needs; the file may be closed. Const methods may be called by many threads.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runners/native/tokenizer/chat.h"
#include "runners/native/tokenizer/pre_tokenizer.h"
#include "runners/native/tokenizer/special_split.h"
#include "runners/native/tokenizer/text_segment.h"
#include "runners/native/tokenizer/vocabulary.h"

namespace moebench {

class Tokenizer {
 public:
  // Throws Error for tokenizers we don't know (naming those we do) and for broken vocabularies.
  static Tokenizer FromGguf(const GgufFile& file);

  int size() const { return static_cast<int>(vocabulary_.tokens.size()); }
  const ChatFormat& chat_format() const { return chat_format_; }
  bool IsEndOfGeneration(int id) const;
  std::optional<int> Bos() const;  // what the vocabulary puts before a text

  // The ids of the text alone, without bos and eos.
  std::vector<int> Encode(std::string_view text, ParseSpecial parse_special) const;
  std::vector<int> Encode(std::span<const TextSegment> segments) const;
  // A prompt as the model wants it: bos if the vocabulary or the chat format says so, then the
  // text, or the text as one turn of the user in the model's chat format. Control tokens in the
  // text are plain text. Throws Error if the format can't think, or must, against what is asked.
  std::vector<int> EncodePrompt(std::string_view text) const;
  std::vector<int> EncodeChat(std::string_view user, Think think = Think::kUsual) const;

  // A whole document: what EncodePrompt gives, and eos behind it if the vocabulary says so.
  std::vector<int> EncodeDocument(std::string_view text) const;

  // The inverse of Encode: valid UTF-8; control tokens give nothing. ids in [0, size()).
  std::string Decode(std::span<const int> ids) const;
  // What the ids add to a text that stands before them: of SentencePiece vocabularies, a space with
  // which they begin is kept.
  std::string DecodeContinuation(std::span<const int> ids) const;
  // What a token adds to a text: any bytes, also half a character. Empty for control tokens.
  std::string_view BytesOf(int id) const;

 private:
  Tokenizer(Vocabulary vocabulary, ChatFormat chat_format);
  std::vector<int> WithBos(std::vector<int> ids, bool wanted) const;
  void EncodePieces(std::string_view text, std::vector<int>& ids) const;

  Vocabulary vocabulary_;
  SpecialTokens special_;
  std::optional<PreTokenizer> pre_tokenizer_;  // of byte-level BPE
  ChatFormat chat_format_;
};

// Gives out text while tokens come in, whole characters only.
//   out += stream.Push(id); ... out += stream.Finish();
// The sum of the parts is what DecodeContinuation makes of all ids. Borrows the tokenizer. Not
// thread-safe.
class StreamDecoder {
 public:
  explicit StreamDecoder(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {}

  std::string Push(int id);
  std::string Finish();  // what is left of a half character becomes U+FFFD

 private:
  const Tokenizer& tokenizer_;
  std::string pending_;
};

}  // namespace moebench
