// What a meeting of the team costs: the barrier, flat and by steps, and starting a job. More
// threads than cpus tell nothing: they wait for the scheduler.
//   barrier_bench            every power of two of threads that this process has cpus for
#include <benchmark/benchmark.h>
#include <sched.h>

#include <vector>

#include "runners/native/kernels/team.h"

namespace moebench {
namespace {

constexpr int kRounds = 10'000;

std::vector<int> AllowedCpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  }
  return cpus;
}

std::vector<int> FirstCpus(int n) {
  std::vector<int> cpus = AllowedCpus();
  cpus.resize(static_cast<std::size_t>(n));
  return cpus;
}

void CountBarriers(benchmark::State& state) {
  state.counters["ns_per_barrier"] = benchmark::Counter(
      kRounds * 1e-9, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void BM_Barrier(benchmark::State& state) {
  Team team(FirstCpus(static_cast<int>(state.range(0))));
  for (auto _ : state) {
    team.Run([&](int thread) {
      for (int i = 0; i < kRounds; ++i) team.Barrier(thread);
    });
  }
  CountBarriers(state);
}

// The same threads in one cluster under a leader, or (per_cluster 1) each its own cluster of one
// node: what the steps cost beside meeting as equals.
void BM_BarrierBySteps(benchmark::State& state) {
  const int n = static_cast<int>(state.range(0)), per_cluster = static_cast<int>(state.range(1));
  Team team(FirstCpus(n));
  std::vector<ThreadSeat> seats;
  for (int i = 0; i < n; ++i) seats.push_back({0, i / per_cluster});
  Barrier barrier(seats, 0);
  team.Run([&](int thread) { barrier.Touch(thread); });
  for (auto _ : state) {
    team.Run([&](int thread) {
      for (int i = 0; i < kRounds; ++i) barrier.Wait(thread);
    });
  }
  CountBarriers(state);
}

void BM_Run(benchmark::State& state) {
  Team team(FirstCpus(static_cast<int>(state.range(0))));
  for (auto _ : state) team.Run([](int) {});
}

void Register() {
  for (int n = 2; n <= std::ssize(AllowedCpus()); n *= 2) {
    benchmark::RegisterBenchmark("barrier", BM_Barrier)->Arg(n)->UseRealTime();
    for (const int per_cluster : {1, 8}) {
      benchmark::RegisterBenchmark("barrier_by_steps", BM_BarrierBySteps)
          ->Args({n, per_cluster})
          ->UseRealTime();
    }
    benchmark::RegisterBenchmark("run", BM_Run)->Arg(n)->UseRealTime();
  }
}

}  // namespace
}  // namespace moebench

int main(int argc, char** argv) {
  moebench::Register();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
