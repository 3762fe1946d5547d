// Whole passes: decoding, batches as speculation verifies them, and prefill, at several numbers of
// experts, on a model of your choice.
//   engine_bench --model=suites/demo/demo-moe.gguf --threads=2 --depth=64 --kv=f16
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "runners/native/model/engine.h"

namespace moebench {
namespace {

constexpr int kPrefill = 512;

std::vector<int> Tokens(const Transformer& transformer, int n) {
  std::vector<int> tokens;
  for (int i = 0; i < n; ++i) tokens.push_back((i * 37 + 11) % transformer.hyper().vocabulary);
  return tokens;
}

// Appends `batch` tokens at a time behind `depth` others.
void BM_Append(benchmark::State& state, Engine* engine, int batch, int k, int depth) {
  Transformer& transformer = engine->transformer();
  std::vector<float> logits(static_cast<std::size_t>(transformer.hyper().vocabulary) *
                            static_cast<std::size_t>(batch));
  const std::vector<int> tokens = Tokens(transformer, transformer.context());
  int64_t not_timed = 0;
  const auto start = [&] {
    const int64_t before = transformer.stats().weight_bytes;
    transformer.Reset();
    transformer.Forward(std::span(tokens).first(static_cast<std::size_t>(depth)), k,
                        LogitsOf::kNone, {});
    not_timed += transformer.stats().weight_bytes - before;
  };
  transformer.stats().Clear();
  start();
  for (auto _ : state) {
    if (transformer.position() + batch > transformer.context()) {
      state.PauseTiming();
      start();
      state.ResumeTiming();
    }
    const std::span<const int> next = std::span(tokens).subspan(
        static_cast<std::size_t>(transformer.position()), static_cast<std::size_t>(batch));
    transformer.Forward(next, k, LogitsOf::kAll, logits);
  }
  state.SetItemsProcessed(state.iterations() * batch);
  // Weights of the experts that were really routed, each once a pass, and all the others'.
  const double bytes = static_cast<double>(transformer.stats().weight_bytes - not_timed);
  state.counters["GB/s"] = benchmark::Counter(bytes * 1e-9, benchmark::Counter::kIsRate);
  state.counters["MB/pass"] = bytes * 1e-6 / static_cast<double>(state.iterations());
}

void BM_Prefill(benchmark::State& state, Engine* engine, int k) {
  Transformer& transformer = engine->transformer();
  std::vector<float> logits(static_cast<std::size_t>(transformer.hyper().vocabulary));
  const std::vector<int> tokens = Tokens(transformer, std::min(kPrefill, transformer.context()));
  for (auto _ : state) {
    transformer.Reset();
    transformer.Forward(tokens, k, LogitsOf::kLast, logits);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(tokens.size()));
}

}  // namespace
}  // namespace moebench

int main(int argc, char** argv) {
  std::string model;
  int threads = 2, depth = 64;
  moebench::KvType kv = moebench::KvType::kF16;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--model=")) model = argument.substr(8);
    if (argument.starts_with("--threads=")) threads = std::atoi(argv[i] + 10);
    if (argument.starts_with("--depth=")) depth = std::atoi(argv[i] + 8);
    if (argument.starts_with("--kv=")) kv = moebench::KvTypeOf(argument.substr(5));
  }
  if (model.empty()) return 64;
  std::vector<int> cpus;
  for (int cpu = 0; cpu < threads; ++cpu) cpus.push_back(cpu);
  moebench::Engine engine(
      moebench::GgufFile::Open(model),
      {.thread_cpus = cpus, .context_tokens = std::max(moebench::kPrefill, depth + 256), .kv = kv});
  const moebench::Hyper& hyper = engine.transformer().hyper();
  for (int k = 1; k <= hyper.n_experts && k <= 2 * hyper.k0; k *= 2) {
    const std::string name = "/k:" + std::to_string(k);
    for (const int batch : {1, 2, 4, 8}) {
      benchmark::RegisterBenchmark(
          (batch == 1 ? "decode" + name : "verify" + std::to_string(batch) + name).c_str(),
          moebench::BM_Append, &engine, batch, k, depth)
          ->UseRealTime();
    }
    benchmark::RegisterBenchmark(("prefill512" + name).c_str(), moebench::BM_Prefill, &engine, k)
        ->UseRealTime();
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
