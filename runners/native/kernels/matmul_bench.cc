// Products with cold weights: every call takes the next of so many matrices that none is in a
// cache.
//   matmul_bench --benchmark_filter=Q8_0
// Two pinned threads, each with its half of the rows; GB/s are of weights as GGUF stores them.
#include <benchmark/benchmark.h>

#include <cstring>
#include <vector>

#include "runners/native/kernels/half.h"
#include "runners/native/kernels/products.h"

namespace moebench {
namespace {

constexpr int kThreads = 2, kRows = 768, kCols = 2048;
constexpr std::size_t kPoolBytes = std::size_t{512} << 20;

struct Bench {
  Bench(WeightType type, int n_x)
      : team(std::vector<int>{0, 1}),
        matrix(
            {type, kRows, kCols, static_cast<int>(kPoolBytes / RawRowBytes(type, kRows * kCols))},
            32, kThreads),
        x(static_cast<std::size_t>(n_x) * kCols, 0.5f),
        q(x.size()),
        d(x.size() / 32),
        bias(x.size() / 32),
        y(static_cast<std::size_t>(n_x) * kRows) {
    const MatrixShape& shape = matrix.shape();
    std::vector<std::byte> raw(shape.RawBytes() * static_cast<std::size_t>(shape.count),
                               std::byte{0x11});
    activations = {x.data(), {q.data(), d.data(), bias.data(), kCols}, kCols};
    for (int thread = 0; thread < kThreads; ++thread) {
      arenas.emplace_back(matrix.SliceBytesOf(thread), MemoryBinder());
    }
    team.Run([&](int thread) {
      matrix.Pack(thread, raw.data(), arenas[static_cast<std::size_t>(thread)]);
    });
    for (int row = 0; row < n_x; ++row) {
      KernelsFor(DetectIsa()).quantise_q8(x.data() + row * kCols, 0, kCols, row, activations.q8);
    }
  }

  Team team;
  PackedMatrix matrix;
  std::vector<Arena> arenas;
  std::vector<float> x;
  std::vector<int8_t> q;
  std::vector<float> d;
  std::vector<int32_t> bias;
  std::vector<float> y;
  ActivationRows activations;
};

enum class By { kOwnKernels, kOneDnn };

void BM_MatMul(benchmark::State& state, WeightType type, By by) {
  const int n_x = static_cast<int>(state.range(0));
  Bench bench(type, n_x);
  const IsaLevel isa = DetectIsa();
  std::vector<Products> products;
  for (int thread = 0; thread < kThreads; ++thread) {
    products.emplace_back(KernelsFor(isa), thread);
    if (by == By::kOneDnn) products.back().Prepare(bench.matrix, kRows);
  }
  constexpr int kCalls = 16;
  int next = 0;
  for (auto _ : state) {
    bench.team.Run([&](int thread) {
      for (int i = 0; i < kCalls; ++i) {
        products[static_cast<std::size_t>(thread)].Run(
            bench.matrix, (next + i) % bench.matrix.shape().count, bench.activations, 0, n_x,
            bench.y.data() + bench.matrix.RowsOf(thread).begin, kRows);
        bench.team.Barrier(thread);
      }
    });
    next += kCalls;
  }
  const double calls = static_cast<double>(state.iterations()) * kCalls;
  state.counters["us"] =
      benchmark::Counter(calls * 1e-6, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["GB/s"] =
      benchmark::Counter(calls * static_cast<double>(bench.matrix.shape().RawBytes()) * 1e-9,
                         benchmark::Counter::kIsRate);
  state.counters["GFLOP/s"] =
      benchmark::Counter(calls * 2e-9 * n_x * kRows * kCols, benchmark::Counter::kIsRate);
}

void Batches(benchmark::internal::Benchmark* bench) {
  bench->UseRealTime()->MinTime(0.3);
  for (const int n_x : {1, 2, 4, 8, 16, 64, 512}) bench->Arg(n_x);
}
BENCHMARK_CAPTURE(BM_MatMul, Q8_0, WeightType::kQ8_0, By::kOwnKernels)->Apply(Batches);
BENCHMARK_CAPTURE(BM_MatMul, F32_own, WeightType::kF32, By::kOwnKernels)->Apply(Batches);
BENCHMARK_CAPTURE(BM_MatMul, F32_onednn, WeightType::kF32, By::kOneDnn)->Apply(Batches);
BENCHMARK_CAPTURE(BM_MatMul, F16_own, WeightType::kF16, By::kOwnKernels)->Apply(Batches);
BENCHMARK_CAPTURE(BM_MatMul, F16_onednn, WeightType::kF16, By::kOneDnn)->Apply(Batches);
BENCHMARK_CAPTURE(BM_MatMul, BF16_own, WeightType::kBF16, By::kOwnKernels)->Apply(Batches);
BENCHMARK_CAPTURE(BM_MatMul, BF16_onednn, WeightType::kBF16, By::kOneDnn)->Apply(Batches);

}  // namespace
}  // namespace moebench

BENCHMARK_MAIN();
