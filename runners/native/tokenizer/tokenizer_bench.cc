// Bytes per second of encoding and decoding, on one core. Uses the Qwen2 vocabulary of the check
// data beside the repository; without it nothing is measured.
#include <benchmark/benchmark.h>

#include <filesystem>

#include "harness/base/files.h"
#include "runners/native/tokenizer/testing/vocabularies.h"
#include "runners/native/tokenizer/tokenizer.h"

namespace moebench {
namespace {

std::optional<Tokenizer> Qwen2() {
  const auto data = VocabularyData();
  if (!data) return std::nullopt;
  const auto path = std::filesystem::temp_directory_path() / "moebench-bench-qwen2.gguf";
  Qwen2Vocabulary(*data).Write(path);
  Tokenizer tokenizer = Tokenizer::FromGguf(GgufFile::Open(path));
  std::filesystem::remove(path);
  return tokenizer;
}

std::string EnglishAndKorean(size_t least_bytes) {
  const std::string once =
      "The quick brown fox jumps over the lazy dog, 1234 times; isn't that strange?\n"
      "def add(a: int, b: int) -> int:\n    return a + b  # 12.5 %\n"
      "빠른 갈색 여우가 게으른 개를 뛰어넘는다. 오늘은 날씨가 정말 좋네요!\n";
  std::string text;
  while (text.size() < least_bytes) text += once;
  return text;
}

void BM_Encode(benchmark::State& state) {
  const std::optional<Tokenizer> tokenizer = Qwen2();
  if (!tokenizer) {
    state.SkipWithError("no ../shared/data/vocabs beside the repository");
    return;
  }
  const std::string text = EnglishAndKorean(static_cast<size_t>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(tokenizer->Encode(text, ParseSpecial::kNo));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}
BENCHMARK(BM_Encode)->Arg(1 << 10)->Arg(1 << 20);

void BM_Decode(benchmark::State& state) {
  const std::optional<Tokenizer> tokenizer = Qwen2();
  if (!tokenizer) {
    state.SkipWithError("no ../shared/data/vocabs beside the repository");
    return;
  }
  const std::string text = EnglishAndKorean(1 << 20);
  const std::vector<int> ids = tokenizer->Encode(text, ParseSpecial::kNo);
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer->Decode(ids));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}
BENCHMARK(BM_Decode);

void BM_Load(benchmark::State& state) {
  const auto data = VocabularyData();
  if (!data) {
    state.SkipWithError("no ../shared/data/vocabs beside the repository");
    return;
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(Tokenizer::FromGguf(GgufFile::Open(*data / "ggml-vocab-gpt-2.gguf")));
  }
}
BENCHMARK(BM_Load)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace moebench

BENCHMARK_MAIN();
