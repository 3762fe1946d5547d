// Who holds what of a packed matrix, and that threads share no cache line of what they write.
#include "runners/native/kernels/packed_matrix.h"

#include <gtest/gtest.h>

#include <vector>

namespace moebench {
namespace {

constexpr int kLineFloats = 16;

TEST(PackedMatrix, EveryRowIsHeldOnce) {
  const std::vector<int> threads{0, 0, 1, 1, 1}, matrices{0, 1, 1, 0, 1, 0, 0};
  const PackedMatrix matrix({WeightType::kF32, 100, 32, 7}, 16, {threads, matrices});
  EXPECT_TRUE(matrix.by_groups());
  EXPECT_EQ(matrix.n_groups(), 2);
  for (int index = 0; index < 7; ++index) {
    std::vector<int> held(100);
    for (int thread = 0; thread < 5; ++thread) {
      const bool mine =
          threads[static_cast<std::size_t>(thread)] == matrices[static_cast<std::size_t>(index)];
      EXPECT_EQ(matrix.Holds(thread, index), mine);
      if (!mine) continue;
      for (int row = matrix.RowsOf(thread).begin; row < matrix.RowsOf(thread).end; ++row) {
        ++held[static_cast<std::size_t>(row)];
      }
    }
    EXPECT_EQ(held, std::vector<int>(100, 1));
  }
}

TEST(PackedMatrix, AThreadPaysForWhatItHolds) {
  const std::vector<int> threads{0, 1}, matrices{0, 0, 0, 1};
  const PackedMatrix some({WeightType::kQ8_0, 64, 64, 4}, 16, {threads, matrices});
  const PackedMatrix one({WeightType::kQ8_0, 64, 64, 1}, 16, 1);
  EXPECT_EQ(some.SliceBytesOf(0), 3 * one.SliceBytesOf(0));
  EXPECT_EQ(some.SliceBytesOf(1), one.SliceBytesOf(0));
}

TEST(PackedMatrix, SlicesOfResultsBeginAtCacheLines) {
  for (const int rows : {16, 100, 768, 2048, 2880}) {
    for (const int granule : {16, 32}) {
      for (const int n : {1, 2, 3, 8, 48, 96, 384}) {
        const PackedMatrix matrix({WeightType::kF32, rows, 32, 1}, granule, n);
        for (int thread = 0; thread < n; ++thread) {
          const Range mine = matrix.RowsOf(thread);
          if (mine.size() > 0) {
            EXPECT_EQ(mine.begin % kLineFloats, 0) << rows << " rows, " << n << " threads";
          }
        }
      }
    }
  }
}

TEST(PackedMatrix, SlicesOfWeightsBeginAtCacheLines) {
  const PackedMatrix shape({WeightType::kQ4_K, 48, 256, 3}, 16, 3);
  for (int thread = 0; thread < 3; ++thread) EXPECT_EQ(shape.SliceBytesOf(thread) % 64, 0u);
}

}  // namespace
}  // namespace moebench
