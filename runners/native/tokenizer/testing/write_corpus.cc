// Writes the corpus that tokenizer_fuzz starts from: a text for every pre-tokenizer it knows,
// templates and vocabularies.
//   write_tokenizer_corpus FOLDER
#include <filesystem>
#include <string>

#include "harness/base/files.h"
#include "runners/native/tokenizer/testing/vocabularies.h"

namespace moebench {
namespace {

void WriteCorpus(const std::filesystem::path& folder) {
  const std::string text =
      "I'm 1234 HelloWorld  été\r\n\n\t안녕 漢字かな。😀 x=y; <|im_end|><think> \xff";
  for (char family = 0; family < 14; ++family) {
    WriteFileAtomically(folder / ("text" + std::to_string(family)), family + text);
  }
  const auto write_template = [&](const char* name, const std::string& body) {
    WriteFileAtomically(folder / name, "c" + body);
  };
  write_template(
      "template_chatml",
      "<|im_start|>{{ role }}<|im_end|>{% if add_generation_prompt %}<think>\\n{% if not "
      "enable_thinking %}</think>");
  write_template("template_glm", "[gMASK]<sop><|user|>{{ add_generation_prompt }}<think>/nothink");
  write_template("template_harmony", "<|start|><|channel|><|message|>");
  WriteFileAtomically(folder / "vocabulary_bpe", "v" + TinyVocabulary().Build());
  GgufBuilder pieces;
  pieces.SetString("general.architecture", "llama").SetString("tokenizer.ggml.model", "llama");
  pieces.SetStrings("tokenizer.ggml.tokens", {"<unk>", "<s>", "</s>", "<0xEA>", "h", "e", "he"});
  pieces.SetFloats("tokenizer.ggml.scores", {0, 0, 0, 0, -2, -2, -1});
  pieces.SetInts("tokenizer.ggml.token_type", {2, 3, 3, 6, 1, 1, 1});
  WriteFileAtomically(folder / "vocabulary_pieces", "v" + pieces.Build());
}

}  // namespace
}  // namespace moebench

int main(int argc, char** argv) {
  if (argc != 2) return 64;
  moebench::WriteCorpus(argv[1]);
  return 0;
}
