// Bytes per second of encoding and decoding, on one core. The vocabularies are those of the check
// data beside the repository; without them nothing is measured. Families without a vocabulary there
// run on Qwen2's with their name in its place, which costs the same.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <filesystem>

#include "harness/base/files.h"
#include "runners/native/tokenizer/testing/vocabularies.h"
#include "runners/native/tokenizer/tokenizer.h"

namespace moebench {
namespace {

constexpr char kNoData[] = "no ../shared/data/vocabs beside the repository";

Tokenizer Load(const std::filesystem::path& data, const std::string& name) {
  const auto path = data / ("ggml-vocab-" + name + ".gguf");
  if (std::filesystem::exists(path)) return Tokenizer::FromGguf(GgufFile::Open(path));
  const auto made = std::filesystem::temp_directory_path() / "moebench-bench-vocabulary.gguf";
  Qwen2Vocabulary(data).SetString("tokenizer.ggml.pre", name).Write(made);
  Tokenizer tokenizer = Tokenizer::FromGguf(GgufFile::Open(made));
  std::filesystem::remove(made);
  return tokenizer;
}

// A tenth of the bytes is Korean, a quarter code.
std::string Text(size_t least_bytes) {
  const std::string once =
      "The quick brown fox jumps over the lazy dog, 1234 times; isn't that strange?\n"
      "def add(a: int, b: int) -> int:\n    return a + b  # 12.5 %\n"
      "빠른 갈색 여우가 게으른 개를 뛰어넘는다. 오늘은 날씨가 정말 좋네요!\n";
  std::string text;
  for (int i = 0; text.size() < least_bytes; ++i) {
    text += "Item " + std::to_string(i * 7919) + once;
  }
  return text;
}

// What repeats little: this repository's own prose and code, about a megabyte.
std::string Sources() {
  namespace fs = std::filesystem;
  std::vector<fs::path> files;
  for (const char* folder : {"harness", "runners", "suites", "quality", "results"}) {
    for (const auto& entry :
         fs::recursive_directory_iterator(fs::path(MOEBENCH_SOURCE_DIR) / folder)) {
      const std::string extension = entry.path().extension();
      if (extension == ".cc" || extension == ".md" || extension == ".py" || extension == ".jsonl") {
        files.push_back(entry.path());
      }
    }
  }
  std::sort(files.begin(), files.end());
  std::string text;
  for (const fs::path& file : files) text += ReadFile(file, 1 << 20);
  return text;
}

void BM_Encode(benchmark::State& state, const std::string& name, const std::string& text) {
  const auto data = VocabularyData();
  if (!data) {
    state.SkipWithError(kNoData);
    return;
  }
  const Tokenizer tokenizer = Load(*data, name);
  for (auto _ : state) {
    benchmark::DoNotOptimize(tokenizer.Encode(text, ParseSpecial::kNo));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}

void BM_Decode(benchmark::State& state) {
  const auto data = VocabularyData();
  if (!data) {
    state.SkipWithError(kNoData);
    return;
  }
  const Tokenizer tokenizer = Load(*data, "qwen2");
  const std::string text = Text(1 << 20);
  const std::vector<int> ids = tokenizer.Encode(text, ParseSpecial::kNo);
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer.Decode(ids));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}
BENCHMARK(BM_Decode);

void BM_Load(benchmark::State& state, const std::string& name) {
  const auto data = VocabularyData();
  if (!data) {
    state.SkipWithError(kNoData);
    return;
  }
  for (auto _ : state) benchmark::DoNotOptimize(Load(*data, name));
}
BENCHMARK_CAPTURE(BM_Load, gpt_2, std::string("gpt-2"))->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Load, llama_spm, std::string("llama-spm"))->Unit(benchmark::kMillisecond);

const bool kRegistered = [] {
  for (const char* name : {"llama-spm", "gpt-2", "starcoder", "falcon", "qwen2", "qwen35",
                           "llama-bpe", "glm4", "deepseek-llm", "deepseek-coder", "deepseek-v3",
                           "gpt-4o", "tekken", "kimi-k2", "bailingmoe", "seed-coder"}) {
    const std::string family = name;
    benchmark::RegisterBenchmark(("BM_Encode/" + family).c_str(), BM_Encode, family, Text(1 << 20))
        ->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark(("BM_EncodeSources/" + family).c_str(), BM_Encode, family,
                                 Sources())
        ->Unit(benchmark::kMillisecond);
  }
  return true;
}();

}  // namespace
}  // namespace moebench

BENCHMARK_MAIN();
