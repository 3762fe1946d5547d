// Attention at depth, Qwen3-30B-A3B's heads (32 query heads, 4 KV heads of 128): one decoded token
// and a prefill of 512, for each type of cache. The caches of as many layers as fill 256 MB are
// cycled, so that every byte comes from memory.
//   attention_bench --benchmark_repetitions=7
// GB/s is of the keys and values read; "read" is what the same threads can read from memory at all.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "runners/native/kernels/arena.h"
#include "runners/native/kernels/attention_work.h"

namespace moebench {
namespace {

constexpr int kHeads = 32, kKvHeads = 4, kGroup = kHeads / kKvHeads, kDim = 128;
constexpr std::ptrdiff_t kMemory = 256 << 20;
constexpr KvType kTypes[] = {KvType::kF32, KvType::kF16, KvType::kQ8_0};

Team& TeamOf(int n_threads) {
  static Team one(std::vector<int>{0});
  static Team two(std::vector<int>{0, 1});
  return n_threads == 1 ? one : two;
}

// The caches of some layers, filled with noise.
struct Layers {
  Layers(const KvShape& shape_in, int positions)
      : shape(shape_in), groups((positions + kAttentionBlock) / kAttentionBlock * 4) {
    const std::ptrdiff_t head = groups * (KeyGroupBytes(shape) + ValueGroupBytes(shape));
    n = static_cast<int>(std::max<std::ptrdiff_t>(1, kMemory / (head * kKvHeads)));
    arena = Arena(static_cast<std::size_t>(n * kKvHeads * head), {});
    std::vector<float> row(kDim);
    for (int i = 0; i < kDim; ++i)
      row[static_cast<std::size_t>(i)] = std::sin(static_cast<float>(i));
    for (int i = 0; i < n * kKvHeads; ++i) {
      std::byte* keys = arena.Take(static_cast<std::size_t>(groups * KeyGroupBytes(shape)));
      heads.push_back(
          {keys, arena.Take(static_cast<std::size_t>(groups * ValueGroupBytes(shape)))});
    }
    const AttentionKernels& kernels = AttentionKernelsFor(DetectIsa());
    for (int p = 0; p < static_cast<int>(groups) * kKvGroup; ++p) {
      kernels.store(shape, heads[0], p, row.data(), row.data());
    }
    for (KvHead& head_i : heads) {
      std::copy_n(heads[0].keys, groups * KeyGroupBytes(shape), head_i.keys);
      std::copy_n(heads[0].values, groups * ValueGroupBytes(shape), head_i.values);
    }
  }
  std::span<const KvHead> Of(int layer) const {
    return std::span(heads).subspan(static_cast<std::size_t>(layer % n) * kKvHeads, kKvHeads);
  }
  KvShape shape;
  std::ptrdiff_t groups;
  int n = 0;
  Arena arena;
  std::vector<KvHead> heads;
};

// Passes of n_tokens from `depth` on, a layer each; `passes` of them as one iteration.
void Run(benchmark::State& state, int n_tokens, int passes) {
  const KvShape shape{kTypes[state.range(0)], kDim, kDim};
  const int depth = static_cast<int>(state.range(1)), n_threads = static_cast<int>(state.range(2));
  Team& team = TeamOf(n_threads);
  const AttentionKernels& kernels = AttentionKernelsFor(DetectIsa());
  const Layers layers(shape, depth + n_tokens * passes);
  Arena room(
      static_cast<std::size_t>(AttentionWork::MostPackedBytes(shape, kKvHeads, kGroup, n_tokens) +
                               AttentionWork::MostStateFloats(shape, kKvHeads, kGroup, n_tokens,
                                                              depth + n_tokens * passes) *
                                   4 +
                               128),
      {});
  std::byte* packed = room.Take(
      static_cast<std::size_t>(AttentionWork::MostPackedBytes(shape, kKvHeads, kGroup, n_tokens)));
  float* states =
      room.TakeArray<float>(static_cast<std::size_t>(AttentionWork::MostStateFloats(
                                shape, kKvHeads, kGroup, n_tokens, depth + n_tokens * passes)))
          .data();
  std::vector<float> query(kDim, 0.1f), out(static_cast<std::size_t>(n_tokens) * kHeads * kDim);
  int layer = 0;
  int64_t positions = 0;
  for (auto _ : state) {
    for (int pass = 0; pass < passes; ++pass, ++layer) {
      const AttentionWork work(shape, {.n_kv_heads = kKvHeads,
                                       .group = kGroup,
                                       .first_position = depth + pass * n_tokens,
                                       .n_tokens = n_tokens});
      team.Run([&](int thread) {
        const Range heads = PartOf(kKvHeads, 1, thread, n_threads);
        for (int head = heads.begin; head < heads.end; ++head) {
          for (int row = 0; row < work.padded_rows(); ++row) {
            kernels.pack(shape, query.data(), 0.09f, row % kTileQueries,
                         packed + work.PackedOffset(head, row));
          }
        }
        work.Attend(kernels, layers.Of(layer), packed, work.ItemsOf(thread, n_threads), states);
        for (int head = heads.begin; head < heads.end; ++head) {
          for (int row = 0; row < work.rows(); ++row) {
            work.Merge(kernels, states, head, row, nullptr,
                       &out[static_cast<std::size_t>((head * work.rows() + row) * kDim)]);
          }
        }
      });
      positions += depth + (pass + 1) * n_tokens;
    }
  }
  benchmark::DoNotOptimize(out.data());
  const double read = static_cast<double>(positions * kKvHeads * KvBytesPerPosition(shape));
  state.counters["GB/s"] = benchmark::Counter(read * 1e-9, benchmark::Counter::kIsRate);
  state.counters["tokens/s/layer"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * n_tokens * passes, benchmark::Counter::kIsRate);
  state.SetLabel(NameOf(shape.type));
}

void BM_Decode(benchmark::State& state) { Run(state, 1, 1); }
void BM_Prefill512(benchmark::State& state) { Run(state, 64, 8); }

// The bound: all of the memory read once, a load for each cache line.
void BM_Read(benchmark::State& state) {
  const int n_threads = static_cast<int>(state.range(0));
  static Arena arena(static_cast<std::size_t>(kMemory), {});
  static const std::span<int64_t> all = arena.TakeArray<int64_t>(kMemory / 8);
  std::fill(all.begin(), all.end(), 1);
  std::vector<int64_t> sums(16);
  for (auto _ : state) {
    TeamOf(n_threads).Run([&](int thread) {
      const std::size_t part = all.size() / static_cast<std::size_t>(n_threads);
      int64_t sum = 0;
      for (const int64_t value : all.subspan(static_cast<std::size_t>(thread) * part, part)) {
        sum += value;
      }
      sums[static_cast<std::size_t>(thread) * 8] = sum;
    });
  }
  benchmark::DoNotOptimize(sums.data());
  state.counters["GB/s"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * kMemory * 1e-9, benchmark::Counter::kIsRate);
}

}  // namespace
}  // namespace moebench

int main(int argc, char** argv) {
  using namespace moebench;
  const std::vector<int64_t> types{0, 1, 2}, threads{1, 2};
  benchmark::RegisterBenchmark("read", BM_Read)->ArgsProduct({threads})->UseRealTime();
  benchmark::RegisterBenchmark("decode", BM_Decode)
      ->ArgNames({"type", "depth", "threads"})
      ->ArgsProduct({types, {512, 4096, 16384, 32768}, threads})
      ->UseRealTime();
  benchmark::RegisterBenchmark("prefill512", BM_Prefill512)
      ->ArgNames({"type", "depth", "threads"})
      ->ArgsProduct({types, {0, 4096}, threads})
      ->UseRealTime();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
