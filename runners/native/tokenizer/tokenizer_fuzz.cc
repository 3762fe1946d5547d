// libFuzzer: any text comes back as its valid UTF-8, whole or as a stream, from every
// pre-tokenizer; any template is told; any vocabulary is an Error or encodes text. The first byte
// says which.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "harness/base/error.h"
#include "harness/base/utf8.h"
#include "runners/native/tokenizer/testing/vocabularies.h"
#include "runners/native/tokenizer/tokenizer.h"

namespace moebench {
namespace {

struct MemoryFile {
  explicit MemoryFile(std::string_view bytes) : fd(memfd_create("fuzz", MFD_CLOEXEC)) {
    const auto size = static_cast<ssize_t>(bytes.size());
    if (fd < 0 || write(fd, bytes.data(), bytes.size()) != size) std::abort();
  }
  ~MemoryFile() { close(fd); }
  std::string Path() const { return "/proc/self/fd/" + std::to_string(fd); }
  int fd;
};

Tokenizer Load(std::string_view vocabulary) {
  const MemoryFile file(vocabulary);
  return Tokenizer::FromGguf(GgufFile::Open(file.Path()));
}

const std::vector<Tokenizer>& Tokenizers() {
  static const std::vector<Tokenizer> tokenizers = [] {
    std::vector<Tokenizer> list;
    for (const char* name : {"gpt-2", "starcoder", "falcon", "qwen2", "qwen35", "llama-bpe",
                             "deepseek-llm", "deepseek-coder", "deepseek-v3", "gpt-4o", "tekken",
                             "kimi-k2", "bailingmoe", "seed-coder"}) {
      list.push_back(Load(TinyVocabulary().SetString("tokenizer.ggml.pre", name).Build()));
    }
    return list;
  }();
  return tokenizers;
}

void GoThrough(const Tokenizer& tokenizer, std::string_view text) {
  const std::vector<int> ids = tokenizer.Encode(text, ParseSpecial::kNo);
  if (tokenizer.Decode(ids) != ReplaceInvalidUtf8(text)) std::abort();
  StreamDecoder stream(tokenizer);
  std::string streamed;
  for (const int id : tokenizer.Encode(text, ParseSpecial::kYes)) {
    const std::string part = stream.Push(id);
    if (!IsValidUtf8(part)) std::abort();
    streamed += part;
  }
  streamed += stream.Finish();
  if (!IsValidUtf8(streamed)) std::abort();
}

void ReadTemplate(std::string_view text) {
  const ChatFormat format = DetectChatFormat(text);
  for (const Think think : {Think::kUsual, Think::kOn, Think::kOff}) {
    try {
      FormatUserTurn(format, text, think);
    } catch (const Error&) {
    }
  }
}

void ReadVocabularyAndEncode(std::string_view bytes) {
  try {
    const Tokenizer tokenizer = Load(bytes);
    const std::string text = "hello </s> 안녕 <|im_end|> \xf0\x9f";
    for (const int id : tokenizer.Encode(text, ParseSpecial::kYes)) {
      if (id < 0 || id >= tokenizer.size()) std::abort();
    }
    tokenizer.EncodeChat(text);
    tokenizer.EncodeDocument(text);
  } catch (const Error&) {
  }
}

}  // namespace
}  // namespace moebench

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace moebench;
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::vector<Tokenizer>& tokenizers = Tokenizers();
  if (data[0] < tokenizers.size()) {
    GoThrough(tokenizers[data[0]], rest);
  } else if (data[0] == 'c') {
    ReadTemplate(rest);
  } else if (data[0] == 'v') {
    ReadVocabularyAndEncode(rest);
  }
  return 0;
}
