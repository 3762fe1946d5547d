// Whole tokens: decoding at several numbers of experts and prefill, on a model of your choice.
//   engine_bench --model=suites/demo/demo-moe.gguf --threads=2
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "runners/native/model/engine.h"

namespace moebench {
namespace {

constexpr int kPrompt = 64;

std::vector<int> Tokens(const Transformer& transformer, int n) {
  std::vector<int> tokens;
  for (int i = 0; i < n; ++i) tokens.push_back((i * 37 + 11) % transformer.hyper().vocabulary);
  return tokens;
}

void BM_Decode(benchmark::State& state, Engine* engine, int k) {
  Transformer& transformer = engine->transformer();
  std::vector<float> logits(static_cast<std::size_t>(transformer.hyper().vocabulary));
  const std::vector<int> tokens = Tokens(transformer, transformer.context());
  transformer.Reset();
  transformer.Forward(std::span(tokens).first(kPrompt), k, LogitsOf::kLast, logits);
  transformer.stats().Clear();
  for (auto _ : state) {
    if (transformer.position() == transformer.context()) {
      state.PauseTiming();
      transformer.Reset();
      transformer.Forward(std::span(tokens).first(kPrompt), k, LogitsOf::kNone, {});
      state.ResumeTiming();
    }
    transformer.Forward({&tokens[static_cast<std::size_t>(transformer.position())], 1}, k,
                        LogitsOf::kLast, logits);
  }
  state.SetItemsProcessed(state.iterations());
}

void BM_Prefill(benchmark::State& state, Engine* engine, int k) {
  Transformer& transformer = engine->transformer();
  std::vector<float> logits(static_cast<std::size_t>(transformer.hyper().vocabulary));
  const std::vector<int> tokens = Tokens(transformer, kPrompt);
  for (auto _ : state) {
    transformer.Reset();
    transformer.Forward(tokens, k, LogitsOf::kLast, logits);
  }
  state.SetItemsProcessed(state.iterations() * kPrompt);
}

}  // namespace
}  // namespace moebench

int main(int argc, char** argv) {
  std::string model;
  int threads = 2;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--model=")) model = argument.substr(8);
    if (argument.starts_with("--threads=")) threads = std::atoi(argv[i] + 10);
  }
  if (model.empty()) return 64;
  std::vector<int> cpus;
  for (int cpu = 0; cpu < threads; ++cpu) cpus.push_back(cpu);
  moebench::Engine engine(moebench::GgufFile::Open(model),
                          {.thread_cpus = cpus, .context_tokens = 256});
  const moebench::Hyper& hyper = engine.transformer().hyper();
  for (int k = 1; k <= hyper.n_experts && k <= 2 * hyper.k0; k *= 2) {
    const std::string name = "/k:" + std::to_string(k);
    benchmark::RegisterBenchmark(("decode" + name).c_str(), moebench::BM_Decode, &engine, k)
        ->UseRealTime();
    benchmark::RegisterBenchmark(("prefill64" + name).c_str(), moebench::BM_Prefill, &engine, k)
        ->UseRealTime();
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
