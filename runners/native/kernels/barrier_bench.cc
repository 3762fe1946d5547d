// What a meeting of the team costs: the barrier, and starting a job.
//   barrier_bench            all cpus of this process, 2 threads
#include <benchmark/benchmark.h>

#include "runners/native/kernels/team.h"

namespace moebench {
namespace {

void BM_Barrier(benchmark::State& state) {
  Team team(std::vector<int>{0, 1});
  constexpr int kRounds = 10'000;
  for (auto _ : state) {
    team.Run([&](int thread) {
      for (int i = 0; i < kRounds; ++i) team.Barrier(thread);
    });
  }
  state.counters["ns_per_barrier"] = benchmark::Counter(
      kRounds * 1e-9, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_Barrier)->UseRealTime();

void BM_Run(benchmark::State& state) {
  Team team(std::vector<int>{0, 1});
  for (auto _ : state) team.Run([](int) {});
}
BENCHMARK(BM_Run)->UseRealTime();

}  // namespace
}  // namespace moebench

BENCHMARK_MAIN();
