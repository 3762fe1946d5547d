// Writes a PairVocabulary for each pre-tokenizer, and Qwen2's vocabulary, for make_fixtures.sh.
//   write_pair_vocabularies FOLDER VOCABULARIES
#include <fmt/format.h>

#include <filesystem>

#include "runners/native/tokenizer/pre_tokenizer_families.h"
#include "runners/native/tokenizer/testing/vocabularies.h"

int main(int argc, char** argv) {
  if (argc != 3) return 64;
  const std::filesystem::path folder = argv[1];
  for (const std::string& name : moebench::KnownPreTokenizers()) {
    moebench::PairVocabulary(name).Write(folder / fmt::format("pairs-{}.gguf", name));
  }
  moebench::Qwen2Vocabulary(argv[2]).Write(folder / "ggml-vocab-qwen2.gguf");
  return 0;
}
