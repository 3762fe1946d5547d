// Portable kernels: whatever the compiler makes of plain C++ for the oldest cpu.
#include <cmath>
#include <cstring>

#include "runners/native/kernels/float_matmul_inl.h"
#include "runners/native/kernels/half.h"

namespace moebench {
namespace {

float RoundToF16(float x) { return F16ToF32(F32ToF16(x)); }

F32x16 WidenF16(const std::byte* p) {
  uint16_t halves[kLanes];
  std::memcpy(halves, p, sizeof halves);
  F32x16 v;
  for (int i = 0; i < kLanes; ++i) v[i] = F16ToF32(halves[i]);
  return v;
}

void MatMulQ8(PackedSlice w, Q8Rows x, int first_row, int n_x, float* y, std::ptrdiff_t ldy) {
  const int blocks = w.cols / 32;
  const std::ptrdiff_t tile_bytes = Q8TileBytes(w.cols);
  const std::byte* tile = w.tiles;
  for (int row = 0; row < w.rows; row += kLanes, tile += tile_bytes) {
    for (int m = 0; m < n_x; ++m) {
      const std::ptrdiff_t x_row = first_row + m;
      F32x16 sum{};
      for (int b = 0; b < blocks; ++b) {
        const int8_t* q = x.q + x_row * x.cols + b * 32;
        const std::byte* block = tile + Q8WeightOffset(b);
        const F32x16 scale = WidenF16(tile + Q8ScaleOffset(b)) * x.d[x_row * blocks + b];
        for (int r = 0; r < kLanes; ++r) {
          int32_t dot = x.bias[x_row * blocks + b];
          for (int i = 0; i < 32; ++i) {
            dot += std::to_integer<int32_t>(block[i / 4 * 64 + r * 4 + i % 4]) * q[i];
          }
          // A fused multiply and add like the vector kernels': the same bits.
          sum[r] = std::fma(static_cast<float>(dot), scale[r], sum[r]);
        }
      }
      StoreRows(y + m * ldy + row, sum, w.rows - row);
    }
  }
}

}  // namespace

const KernelTable& ScalarKernels() {
  static const KernelTable table = TableOf(IsaLevel::kScalar, MatMulQ8);
  return table;
}

}  // namespace moebench
