// What speculation costs beside its gain, on a model of your choice, k = k0, k0 / 2:
//   spec_bench --model=m.gguf --threads=2 --depth=256
//   verify     passes of 1, 2, 4, 8 tokens in turns. T*_over_bytes: cost / cost of one token,
//   divided
//              by bytes / bytes of one token, where a pass' bytes are those of the experts really
//              routed: 1 is what the memory demands. Of medians, and of the fastest passes for
//              machines that are not quiet. T*_ratio: the cost ratio itself, R(T)
//   loop       all of a step with four guesses but the models: the draft's odds, the search, the
//              choice among five rows of logits. of_step: of the time of its passes (the draft
//              model's apart, so it is less)
//   rollback   a step of four tokens that may be taken back, beside the same for good, in turns, on
//              models with recurrent layers. of_step: what taking back adds (fastest_of_step: of
//              the fastest steps); repeats_of_step: its arithmetic alone, four noted steps of every
//              head done again; checkpoint_of_step: what a copy and putting it back would
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/rng.h"
#include "runners/native/decode/acceptance.h"
#include "runners/native/decode/prompt_lookup.h"
#include "runners/native/decode/token_timer.h"
#include "runners/native/model/engine.h"

namespace moebench {
namespace {

constexpr int kGuesses = 4;

double Milliseconds(int64_t ns) { return static_cast<double>(ns) * 1e-6; }

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double Fastest(const std::vector<double>& values) {
  return *std::min_element(values.begin(), values.end());
}

// Words as unevenly used as in a language; every tenth phrase comes again.
std::vector<int> Text(int vocabulary, int n) {
  Rng rng(3);
  std::vector<int> text;
  while (std::ssize(text) < n) {
    if (text.size() > 64 && rng.Uniform() < 0.02) {
      const std::size_t from = rng.Below(text.size() - 16);
      for (std::size_t i = 0; i < 16; ++i) text.push_back(text[from + i]);
    }
    text.push_back(static_cast<int>(std::pow(static_cast<double>(vocabulary), rng.Uniform())) - 1);
  }
  text.resize(static_cast<std::size_t>(n));
  return text;
}

void BM_Verify(benchmark::State& state, Engine* engine, int k, int depth) {
  const std::vector<int> text = Text(engine->transformer().hyper().vocabulary, depth + 512);
  TokenTimer timer(engine->transformer(), engine->team());
  VerifyTest test;
  for (auto _ : state) {
    test =
        timer.RunVerify(text, {.k = k, .depth = depth, .sizes = {1, 2, 4, 8}, .repetitions = 15});
    state.SetIterationTime(test.costs[0].ms * 1e-3);
  }
  const VerifyCost& one = test.costs[0];
  for (const VerifyCost& cost : test.costs) {
    const std::string name = "T" + std::to_string(cost.tokens);
    state.counters[name + "_ratio"] = cost.ms / one.ms;
    state.counters[name + "_over_bytes"] = cost.ms / one.ms / (cost.bytes / one.bytes);
    state.counters[name + "_fastest_over_bytes"] =
        cost.lo_ms / one.lo_ms / (cost.bytes / one.bytes);
    state.counters[name + "_experts"] = cost.experts_per_layer;
  }
}

void BM_Loop(benchmark::State& state, Engine* engine, int k, int depth) {
  const int vocabulary = engine->transformer().hyper().vocabulary;
  const std::size_t width = static_cast<std::size_t>(vocabulary);
  const std::vector<int> text = Text(vocabulary, depth + 512);
  const double pass_ms = TokenTimer(engine->transformer(), engine->team())
                             .RunVerify(text, {.k = k, .depth = depth, .sizes = {kGuesses + 1}})
                             .costs[0]
                             .ms;
  std::vector<float> logits(width * (kGuesses + 1)), odds(width), gaps(kGuesses + 1);
  Rng rng(5);
  for (float& logit : logits) logit = static_cast<float>(rng.Normal());
  Acceptance acceptance({}, vocabulary);
  PromptLookup lookup(1 << 15);
  lookup.Start(2, 5);
  for (const int token : text) lookup.Append(token);
  std::vector<Guess> guesses(kGuesses);
  std::vector<int> found(kGuesses);
  const KernelTable& kernels = KernelsFor(DetectIsa());
  int64_t spent_ns = 0;
  for (auto _ : state) {
    const int64_t start_ns = NowNs();
    for (std::size_t i = 0; i < kGuesses; ++i) {
      const std::span<const float> row = std::span(logits).subspan(i * width, width);
      OddsOf(kernels, row, {}, 1, odds);
      guesses[i] = {.token = BestOf(odds, {}).token};
    }
    benchmark::DoNotOptimize(lookup.Guess(found));
    benchmark::DoNotOptimize(acceptance.Take(logits, guesses, {}, gaps));
    spent_ns += NowNs() - start_ns;
  }
  state.counters["of_step"] =
      Milliseconds(spent_ns) / static_cast<double>(state.iterations()) / pass_ms;
}

// Four noted steps done again on every recurrent layer, shared by the threads: what a revocable
// step computes beyond a step for good when all of the last step's tokens stayed.
double RepeatsMs(const Hyper& hyper, int n_threads) {
  int rows = 0, cols = 0;
  int64_t heads = 0;
  const RecurrentStates states(hyper, {});
  for (int i = 0; i < hyper.n_layers; ++i) {
    const RecurrentLayer& layer = states.Layer(i);
    if (layer.heads == 0) continue;
    heads += layer.heads;
    rows = layer.rows;
    cols = layer.cols;
  }
  const auto floats = [](int a, int b) {
    return std::vector<float>(static_cast<std::size_t>(a) * static_cast<std::size_t>(b), 0.5f);
  };
  std::vector<float> memory = floats(rows, cols), scratch = memory, keys = floats(kGuesses, cols),
                     changes = floats(kGuesses, rows);
  std::vector<NotedStep> steps;
  for (int i = 0; i < kGuesses; ++i) {
    steps.push_back({.decay = 0.9f,
                     .key = &keys[static_cast<std::size_t>(i * cols)],
                     .change = &changes[static_cast<std::size_t>(i * rows)]});
  }
  const KernelTable& kernels = KernelsFor(DetectIsa());
  std::vector<double> each;
  for (int repetition = 0; repetition < 200; ++repetition) {
    const int64_t start_ns = NowNs();
    kernels.repeat_steps(steps.data(), kGuesses, memory.data(), scratch.data(), rows, cols);
    benchmark::DoNotOptimize(scratch.data());
    each.push_back(Milliseconds(NowNs() - start_ns));
  }
  return Median(each) * static_cast<double>(heads) / n_threads;
}

void BM_Rollback(benchmark::State& state, Engine* engine, int k, int depth) {
  Transformer& model = engine->transformer();
  const std::vector<int> text = Text(model.hyper().vocabulary, depth + 512);
  std::vector<float> logits(static_cast<std::size_t>(model.hyper().vocabulary) * kGuesses);
  std::vector<float> saved(model.state_floats());
  const auto begin = [&] {
    model.Reset();
    model.Forward(std::span(text).first(static_cast<std::size_t>(depth)), k, LogitsOf::kNone, {});
  };
  const auto pass = [&](Hold hold) {
    const auto at = static_cast<std::size_t>(model.position());
    const int64_t start_ns = NowNs();
    model.Confirm();
    model.Forward(std::span(text).subspan(at, kGuesses), k, LogitsOf::kAll, logits, hold);
    return Milliseconds(NowNs() - start_ns);
  };
  std::vector<double> good, revocable, copies;
  for (auto _ : state) {
    // The same tokens both ways, the second pass of each with what the first left to be done.
    for (const Hold hold : {Hold::kForGood, Hold::kRevocable, Hold::kRevocable, Hold::kForGood}) {
      begin();
      for (int i = 0; i < 6; ++i) {
        const double ms = pass(hold);
        if (i > 0) (hold == Hold::kForGood ? good : revocable).push_back(ms);
      }
    }
    const int64_t start_ns = NowNs();
    model.SaveState(saved);
    model.RestoreState(saved, model.position());
    copies.push_back(Milliseconds(NowNs() - start_ns));
  }
  state.counters["step_ms"] = Median(good);
  state.counters["repeats_of_step"] =
      RepeatsMs(model.hyper(), engine->team().size()) / Median(good);
  state.counters["of_step"] = Median(revocable) / Median(good) - 1;
  state.counters["fastest_of_step"] = Fastest(revocable) / Fastest(good) - 1;
  state.counters["checkpoint_of_step"] = Median(copies) / Median(good);
}

}  // namespace
}  // namespace moebench

int main(int argc, char** argv) {
  std::string model;
  int threads = 2, depth = 256;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--model=")) model = argument.substr(8);
    if (argument.starts_with("--threads=")) threads = std::atoi(argv[i] + 10);
    if (argument.starts_with("--depth=")) depth = std::atoi(argv[i] + 8);
  }
  if (model.empty()) return 64;
  std::vector<int> cpus;
  for (int cpu = 0; cpu < threads; ++cpu) cpus.push_back(cpu);
  moebench::Engine engine(
      moebench::GgufFile::Open(model),
      {.thread_cpus = cpus, .context_tokens = depth + 64, .kv = moebench::KvType::kF16});
  const moebench::Transformer& transformer = engine.transformer();
  const int k0 = transformer.hyper().k0;
  for (int k = k0; k >= std::max(1, k0 / 2); k -= std::max(1, k0 / 2)) {
    const std::string at = "/k:" + std::to_string(k);
    benchmark::RegisterBenchmark(("verify" + at).c_str(), moebench::BM_Verify, &engine, k, depth)
        ->UseManualTime()
        ->Iterations(1);
    benchmark::RegisterBenchmark(("loop" + at).c_str(), moebench::BM_Loop, &engine, k, depth);
    if (!transformer.has_recurrent_layers()) continue;
    benchmark::RegisterBenchmark(("rollback" + at).c_str(), moebench::BM_Rollback, &engine, k,
                                 depth)
        ->UseRealTime()
        ->Iterations(3);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
