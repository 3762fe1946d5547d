// Rows of activations as the quantised kernels read them: s8 in blocks of 32, each with its scale
// and sums in one cache line, the rows of a group in panels.
//   ActivationGroup x{blocks, n_rows, cols / 32};
//   kernels.quantise(row, cols / 32, x.Row(i), x.Stride(i));   // d as llama.cpp's Q8_0
// A panel holds up to 8 rows, which one kernel call takes together: [block][row of the panel].
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace moebench {

inline constexpr int kActivationBlock = 32;
inline constexpr int kPanelRows = 8;

struct alignas(64) ActivationBlock {
  int8_t q[kActivationBlock];  // nearest even of x * 127 / amax
  float d;                     // amax / 127 rounded to binary16
  float d_sum;                 // d * sum of q
  float d_half[2];             // d * sum of the first 16 and of the last 16
  int32_t minus_sum;           // -sum of q
  int32_t minus_half[2];
  int32_t unused;
};
static_assert(sizeof(ActivationBlock) == 64);

struct ActivationGroup {
  ActivationBlock* first = nullptr;
  int n = 0;       // rows
  int blocks = 0;  // of 32 in each row

  ActivationBlock* Row(int row) const {
    return first + std::ptrdiff_t{row / kPanelRows * kPanelRows} * blocks + row % kPanelRows;
  }
  // From one block of the row to the next.
  int Stride(int row) const { return std::min(kPanelRows, n - row / kPanelRows * kPanelRows); }
};

}  // namespace moebench
