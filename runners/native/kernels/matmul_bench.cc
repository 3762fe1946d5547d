// Products with cold weights: every call takes the next of so many matrices that none is in a
// cache.
//   matmul_bench --threads=2 --types=Q8_0,Q4_K --benchmark_repetitions=9
// --pool-mib=0 cycles one matrix instead: what the kernels could do if memory were no limit.
// Pinned threads, each with its share of the rows of [768, 2048]; GB/s are of weights as GGUF
// stores them. On a shared machine look at the fastest repetition.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "runners/native/kernels/products.h"

namespace moebench {
namespace {

constexpr int kRows = 768, kCols = 2048, kMostX = 512;

struct Activations {
  Activations()
      : arena(std::size_t{kMostX} * kCols / kActivationBlock * sizeof(ActivationBlock), {}) {
    rows = {x.data(),
            arena.TakeArray<ActivationBlock>(std::size_t{kMostX} * kCols / kActivationBlock).data(),
            kCols};
  }
  // As one group, which is what a product of so many rows takes.
  void Group(int n) {
    for (int row = 0; row < n; ++row) {
      QuantiseColumns(KernelsFor(DetectIsa()), rows, 0, n, row, 0, kCols);
    }
  }
  std::vector<float> x = std::vector<float>(std::size_t{kMostX} * kCols, 0.5f);
  std::vector<float> y = std::vector<float>(std::size_t{kMostX} * kRows);
  Arena arena;
  ActivationRows rows;
};

struct Pool {  // many matrices of one type
  Pool(WeightType type, std::size_t bytes, Team& team)
      : matrix({type, kRows, kCols,
                std::max(1, static_cast<int>(bytes / RawRowBytes(type, kRows * kCols)))},
               kTileRows, team.size()) {
    const MatrixShape& shape = matrix.shape();
    const std::vector<std::byte> raw(shape.RawBytes() * static_cast<std::size_t>(shape.count),
                                     std::byte{0x11});
    for (int thread = 0; thread < team.size(); ++thread) {
      arenas.emplace_back(matrix.SliceBytesOf(thread), MemoryBinder());
    }
    team.Run([&](int thread) {
      matrix.Pack(thread, raw.data(), arenas[static_cast<std::size_t>(thread)]);
    });
  }
  PackedMatrix matrix;
  std::vector<Arena> arenas;
};

void BM_MatMul(benchmark::State& state, Team* team, const Pool* pool, Activations* activations,
               Products::By by) {
  const int n_x = static_cast<int>(state.range(0));
  const MatrixShape& shape = pool->matrix.shape();
  std::vector<Products> products;
  for (int thread = 0; thread < team->size(); ++thread) {
    products.emplace_back(KernelsFor(DetectIsa()), thread, by);
    products.back().Prepare(pool->matrix, kRows);
  }
  activations->Group(n_x);
  constexpr int kCalls = 16;
  int next = 0;
  for (auto _ : state) {
    team->Run([&](int thread) {
      for (int i = 0; i < kCalls; ++i) {
        products[static_cast<std::size_t>(thread)].Run(
            pool->matrix, (next + i) % shape.count, activations->rows, 0, n_x,
            activations->y.data() + pool->matrix.RowsOf(thread).begin, kRows);
        team->Barrier(thread);
      }
    });
    next += kCalls;
  }
  const double calls = static_cast<double>(state.iterations()) * kCalls;
  const double bytes = calls * static_cast<double>(shape.RawBytes());
  state.counters["GB/s"] = benchmark::Counter(bytes * 1e-9, benchmark::Counter::kIsRate);
  state.counters["GFLOP/s"] =
      benchmark::Counter(calls * 2e-9 * n_x * kRows * kCols, benchmark::Counter::kIsRate);
}

}  // namespace
}  // namespace moebench

int main(int argc, char** argv) {
  using namespace moebench;
  std::vector<int> cpus{0};
  std::string wanted;  // all
  std::size_t pool_mib = 256;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument(argv[i]);
    if (argument.starts_with("--pool-mib=")) pool_mib = std::strtoul(argv[i] + 11, nullptr, 10);
    if (argument.starts_with("--types=")) wanted = argument.substr(8);
    if (!argument.starts_with("--threads=")) continue;
    for (int cpu = 1; cpu < std::atoi(argv[i] + 10); ++cpu) cpus.push_back(cpu);
  }
  Team team(cpus);
  Activations activations;
  std::deque<Pool> pools;
  for (int i = 0; i < kWeightTypes; ++i) {
    const WeightType type = static_cast<WeightType>(i);
    std::string name(TraitsOf(type).name);
    if (type == WeightType::kBF16Pairs) {
      if (KernelsFor(DetectIsa()).matmul_bf16_pairs == nullptr) continue;
      name = "BF16_pairs";
    }
    if (!wanted.empty() && ("," + wanted + ",").find("," + name + ",") == std::string::npos) {
      continue;
    }
    pools.emplace_back(type, pool_mib << 20, team);
    for (const Products::By by : {Products::By::kOwnKernels, Products::By::kOneDnn}) {
      const bool own = by == Products::By::kOwnKernels;
      if (IsQuantised(type) && !own) continue;
      benchmark::RegisterBenchmark((name + (own ? "_own" : "_onednn")).c_str(), BM_MatMul, &team,
                                   &pools.back(), &activations, by)
          ->UseRealTime()
          ->ComputeStatistics("fastest",
                              [](const std::vector<double>& runs) {
                                return *std::max_element(runs.begin(), runs.end());
                              })
          ->ArgsProduct({{1, 2, 4, 8, 16, 32, 64, 512}});
    }
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
