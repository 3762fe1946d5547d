// What the harness costs beside the work itself: a sweep whose runner does nothing, into a real
// store, and the look at the machine around each trial. A cell of a real model takes seconds.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>

#include "harness/machine/counters.h"
#include "harness/machine/topology.h"
#include "harness/sweep/store_sink.h"
#include "harness/sweep/testing/null_sweep.h"

namespace moebench {
namespace {

void BM_TrialOfANullRunner(benchmark::State& state) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("moebench_overhead" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  int64_t trials = 0;
  {
    Store store = Store::OpenForWriting(folder / "s.db");
    for (auto step : state) {
      const SweepPlan plan = NullPlan(20, 128);
      const int64_t id =
          store.CreateSweep({.started = "t", .version = "v"},
                            {{ModelRecord{"abc", "null.gguf", "{}"}}}, plan.models[0].cells);
      StoreSink sink(store, id);
      RunSweep(plan, sink, {}, NullEnvironment([](const GenerateRequest&) {}));
      trials += static_cast<int64_t>(store.DoneTrials(id).size());
    }
  }
  state.counters["s_per_trial"] = benchmark::Counter(
      static_cast<double>(trials), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  std::filesystem::remove_all(folder);
}
BENCHMARK(BM_TrialOfANullRunner)->Unit(benchmark::kMillisecond);

void BM_LookAtTheMachine(benchmark::State& state) {
  const Topology topology = ReadTopology(ThisMachine());
  for (auto step : state) {
    benchmark::DoNotOptimize(ReadCounters("/", getpid(), topology.allowed_cpus));
  }
}
BENCHMARK(BM_LookAtTheMachine)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace moebench

BENCHMARK_MAIN();
