#include "runners/native/synth/made_vocabulary.h"

#include <algorithm>
#include <string_view>

#include "harness/base/error.h"
#include "harness/base/utf8.h"

namespace moebench {
namespace {

constexpr std::string_view kLetters = "etaoinshrdlcumwfgypbvkjxqz";  // by frequency in English
constexpr std::string_view kSpace = "\xc4\xa0";  // how the byte 0x20 is spelt: U+0120

// GPT-2's alphabet: printable Latin-1 stands for itself, the other bytes follow from U+0100.
std::vector<std::string> ByteSpellings() {
  std::vector<std::string> spellings;
  uint32_t next = 0x100;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    const bool printable =
        (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    AppendUtf8(spellings.emplace_back(), printable ? byte : next++);
  }
  return spellings;
}

// Collects merges until the vocabulary is full.
class Merges {
 public:
  Merges(MadeVocabulary& vocabulary, size_t room) : vocabulary_(vocabulary), room_(room) {}

  void Add(std::string_view left, std::string_view right) {
    if (vocabulary_.merges.size() == room_) return;
    vocabulary_.merges.push_back(std::string(left) + ' ' + std::string(right));
    vocabulary_.tokens.push_back(std::string(left) + std::string(right));
  }
  // Every left with every right, the frequent with the frequent first.
  void AddProduct(const std::vector<std::string>& lefts, const std::vector<std::string>& rights) {
    for (size_t sum = 0; sum + 1 < lefts.size() + rights.size(); ++sum) {
      if (vocabulary_.merges.size() == room_) return;
      const size_t first = sum < rights.size() ? 0 : sum - rights.size() + 1;
      for (size_t i = first; i < lefts.size() && i <= sum; ++i) Add(lefts[i], rights[sum - i]);
    }
  }

 private:
  MadeVocabulary& vocabulary_;
  size_t room_;
};

}  // namespace

MadeVocabulary MakeVocabulary(int size) {
  CHECK(size >= kLeastVocabulary && size <= kMostVocabulary);
  const std::vector<std::string> controls = {"<|endoftext|>", "<|im_start|>", "<|im_end|>"};
  MadeVocabulary vocabulary;
  vocabulary.tokens = ByteSpellings();
  const size_t room = static_cast<size_t>(size) - vocabulary.tokens.size() - controls.size();
  std::vector<std::string> letters, pairs;
  for (const char letter : kLetters) letters.emplace_back(1, letter);
  Merges merges(vocabulary, room);
  const size_t before_pairs = vocabulary.tokens.size();
  merges.AddProduct(letters, letters);
  for (size_t i = before_pairs; i < vocabulary.tokens.size(); ++i) {
    pairs.push_back(vocabulary.tokens[i]);
  }
  const std::vector<std::string> space = {std::string(kSpace)};
  merges.AddProduct(space, letters);
  merges.AddProduct(space, pairs);
  merges.AddProduct(pairs, letters);
  merges.AddProduct(pairs, pairs);
  CHECK(vocabulary.merges.size() == room);
  vocabulary.types.assign(vocabulary.tokens.size(), 1);
  const int first_control = static_cast<int>(vocabulary.tokens.size());
  vocabulary.end_of_text = first_control;
  vocabulary.turn_begin = first_control + 1;
  vocabulary.turn_end = first_control + 2;
  for (const std::string& control : controls) {
    vocabulary.tokens.push_back(control);
    vocabulary.types.push_back(3);
  }
  return vocabulary;
}

void WriteVocabulary(const MadeVocabulary& vocabulary, GgufWriter& writer) {
  writer.SetString("tokenizer.ggml.model", "gpt2");
  writer.SetString("tokenizer.ggml.pre", "qwen2");
  writer.SetStrings("tokenizer.ggml.tokens", vocabulary.tokens);
  writer.SetInts("tokenizer.ggml.token_type", vocabulary.types);
  writer.SetStrings("tokenizer.ggml.merges", vocabulary.merges);
  writer.SetUint32("tokenizer.ggml.bos_token_id", static_cast<uint32_t>(vocabulary.end_of_text));
  writer.SetUint32("tokenizer.ggml.eos_token_id", static_cast<uint32_t>(vocabulary.turn_end));
  writer.SetUint32("tokenizer.ggml.padding_token_id",
                   static_cast<uint32_t>(vocabulary.end_of_text));
  writer.SetBool("tokenizer.ggml.add_bos_token", false);
  writer.SetString("tokenizer.chat_template",
                   "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + "
                   "message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}"
                   "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}");
}

}  // namespace moebench
