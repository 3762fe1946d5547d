// A byte-level BPE vocabulary of any size that no text trained: all bytes, pairs of letters,
// their like after a space, triples and fours, the frequent letters of English first.
//   MadeVocabulary v = MakeVocabulary(32768);
// Real text becomes tokens of one to four letters, more of them than a trained vocabulary gives, in
// our tokenizer and in llama.cpp's alike.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runners/native/gguf/gguf_writer.h"

namespace moebench {

constexpr int kLeastVocabulary = 512;
constexpr int kMostVocabulary = 400'000;

struct MadeVocabulary {
  std::vector<std::string> tokens;  // as GGUF spells them, bytes as printable letters
  std::vector<int32_t> types;       // llama.cpp's numbers: 1 normal, 3 control
  std::vector<std::string> merges;  // "left right", by rank
  int end_of_text, turn_begin, turn_end;
};

// size from kLeastVocabulary to kMostVocabulary.
MadeVocabulary MakeVocabulary(int size);

// The keys below "tokenizer.", with the chat template's markers of ChatML.
void WriteVocabulary(const MadeVocabulary& vocabulary, GgufWriter& writer);

}  // namespace moebench
