// The cut of attention into items: the same bits for any number of threads, and every row right.
#include "runners/native/kernels/attention_work.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "harness/base/rng.h"

namespace moebench {
namespace {

struct Heads {
  Heads(const KvShape& shape, int n_kv_heads, int positions) {
    const AttentionKernels& kernels = AttentionKernelsFor(DetectIsa());
    const std::ptrdiff_t groups = (positions + kAttentionBlock) / kAttentionBlock * 4;
    memory.resize(static_cast<std::size_t>(n_kv_heads * groups *
                                           (KeyGroupBytes(shape) + ValueGroupBytes(shape))));
    std::byte* at = memory.data();
    Rng rng(5);
    std::vector<float> key(static_cast<std::size_t>(shape.key_dim)),
        value(static_cast<std::size_t>(shape.value_dim));
    for (int head = 0; head < n_kv_heads; ++head) {
      heads.push_back({at, at + groups * KeyGroupBytes(shape)});
      at += groups * (KeyGroupBytes(shape) + ValueGroupBytes(shape));
      for (int p = 0; p < positions; ++p) {
        for (float& x : key) x = static_cast<float>(rng.Normal());
        for (float& x : value) x = static_cast<float>(rng.Normal());
        kernels.store(shape, heads.back(), p, key.data(), value.data());
      }
    }
  }
  std::vector<std::byte> memory;
  std::vector<KvHead> heads;
};

float Query(int head, int row, int i) {
  return std::sin(static_cast<float>(head * 1000 + row * 131 + i * 7));
}

// [n_kv_heads, rows, value_dim], as n_threads threads compute it.
std::vector<float> Compute(const KvShape& shape, const AttentionPass& pass, const Heads& heads,
                           int n_threads) {
  const AttentionKernels& kernels = AttentionKernelsFor(DetectIsa());
  const AttentionWork work(shape, pass);
  std::vector<std::byte> packed(static_cast<std::size_t>(
      AttentionWork::MostPackedBytes(shape, pass.n_kv_heads, pass.group, pass.n_tokens)));
  std::vector<float> states(static_cast<std::size_t>(AttentionWork::MostStateFloats(
      shape, pass.n_kv_heads, pass.group, pass.n_tokens, pass.first_position + pass.n_tokens)));
  EXPECT_LE(static_cast<std::size_t>(work.n_items() * AttentionStateFloats(shape)), states.size());
  std::vector<float> query(static_cast<std::size_t>(shape.key_dim));
  for (int head = 0; head < pass.n_kv_heads; ++head) {
    for (int row = 0; row < work.padded_rows(); ++row) {
      for (int i = 0; i < shape.key_dim; ++i) {
        query[static_cast<std::size_t>(i)] = Query(head, row, i);
      }
      kernels.pack(shape, row < work.rows() ? query.data() : nullptr, 0.2f, row % kTileQueries,
                   packed.data() + work.PackedOffset(head, row));
    }
  }
  for (int thread = n_threads - 1; thread >= 0; --thread) {
    work.Attend(kernels, heads.heads, packed.data(), work.ItemsOf(thread, n_threads),
                states.data());
  }
  std::vector<float> out(static_cast<std::size_t>(pass.n_kv_heads * work.rows() * shape.value_dim));
  for (int head = 0; head < pass.n_kv_heads; ++head) {
    for (int row = 0; row < work.rows(); ++row) {
      work.Merge(kernels, states.data(), head, row, nullptr,
                 &out[static_cast<std::size_t>((head * work.rows() + row) * shape.value_dim)]);
    }
  }
  return out;
}

TEST(AttentionWork, TheNumberOfThreadsDoesNotChangeABit) {
  for (const KvType type : {KvType::kF32, KvType::kF16, KvType::kQ8_0}) {
    const KvShape shape{type, 32, 32};
    const Heads heads(shape, 2, 1500);
    for (const AttentionPass& pass : {AttentionPass{2, 4, 1499, 1},
                                      {2, 3, 700, 5},
                                      {2, 12, 64, 1},
                                      {2, 4, 0, 64},
                                      {2, 4, 1400, 1, 100},
                                      {2, 4, 900, 20, 70}}) {
      const std::vector<float> one = Compute(shape, pass, heads, 1);
      for (const int n : {2, 3, 7, 100}) {
        const std::vector<float> more = Compute(shape, pass, heads, n);
        EXPECT_EQ(std::memcmp(one.data(), more.data(), one.size() * sizeof(float)), 0) << n;
      }
    }
  }
}

TEST(AttentionWork, ABatchGivesWhatSingleTokensGive) {
  const KvShape shape{KvType::kF32, 32, 32};
  const Heads heads(shape, 2, 700);
  for (const int window : {0, 130}) {
    const AttentionPass batch{2, 4, 600, 50, window};
    const std::vector<float> all = Compute(shape, batch, heads, 2);
    // The first token's queries are the same rows in both.
    const AttentionPass first{2, 4, 600, 1, window};
    const std::vector<float> single = Compute(shape, first, heads, 2);
    for (std::size_t head = 0; head < 2; ++head) {
      for (std::size_t i = 0; i < 4 * 32; ++i) {
        EXPECT_NEAR(single[head * 4 * 32 + i], all[head * 200 * 32 + i], 1e-5);
      }
    }
  }
}

TEST(AttentionWork, FewTokensGetTheSameBitsInAnyPass) {
  for (const KvType type : {KvType::kF32, KvType::kF16, KvType::kQ8_0}) {
    const KvShape shape{type, 32, 32};
    const Heads heads(shape, 2, 700);
    // Over borders of pieces, and with windows that begin in the middle of one.
    for (const int window : {0, 130}) {
      for (const int position : {0, 120, 250, 600}) {
        const int n = kFewTokens;
        const std::vector<float> all = Compute(shape, {2, 3, position, n, window}, heads, 2);
        const std::size_t row = 3 * 32;
        // Compute() makes queries from the row, so that the first token of each is compared.
        const std::vector<float> first = Compute(shape, {2, 3, position, 1, window}, heads, 2);
        for (std::size_t head = 0; head < 2; ++head) {
          EXPECT_EQ(std::memcmp(&first[head * row], &all[head * n * row], row * sizeof(float)), 0)
              << position << ' ' << window;
        }
      }
    }
  }
}

TEST(AttentionWork, AWindowForgetsWhatIsBeforeIt) {
  const KvShape shape{KvType::kF32, 32, 32};
  Heads heads(shape, 1, 300);
  const AttentionPass pass{1, 2, 299, 1, 50};
  const std::vector<float> before = Compute(shape, pass, heads, 2);
  const std::vector<float> other(32, 9.0f);
  const AttentionKernels& kernels = AttentionKernelsFor(DetectIsa());
  for (int p = 0; p < 250; ++p) {
    kernels.store(shape, heads.heads[0], p, other.data(), other.data());
  }
  EXPECT_EQ(before, Compute(shape, pass, heads, 2));
  kernels.store(shape, heads.heads[0], 250, other.data(), other.data());
  EXPECT_NE(before, Compute(shape, pass, heads, 2));
}

TEST(AttentionWork, ADecodedTokenIsSharedEvenly) {
  for (const int threads : {1, 2, 4, 16, 64}) {
    const AttentionWork work({KvType::kF16, 128, 128}, {4, 8, 16383, 1});
    EXPECT_EQ(work.ItemsOf(0, threads).size(), work.ItemsOf(threads - 1, threads).size());
  }
}

}  // namespace
}  // namespace moebench
