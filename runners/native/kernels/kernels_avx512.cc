// Kernels for AVX-512 with VNNI. Compiled with these flags: nothing from here may run before the
// cpu was asked for them.
#include <immintrin.h>

#include "runners/native/kernels/float_matmul_inl.h"

namespace moebench {
namespace {

float RoundToF16(float x) { return _cvtsh_ss(_cvtss_sh(x, _MM_FROUND_TO_NEAREST_INT)); }

MOEBENCH_INLINE F32x16 WidenF16(const std::byte* p) {
  return (F32x16)_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}

MOEBENCH_INLINE __m512i Broadcast4(const int8_t* p) {
  int32_t four;
  __builtin_memcpy(&four, p, sizeof four);
  return _mm512_set1_epi32(four);
}

// One tile with rows_x rows of x. The weights are the unsigned operand of vpdpbusd and the sums
// start at -128 * sum(x), so that neither costs anything. Two chains hide the latency.
template <int rows_x>
MOEBENCH_INLINE void Q8TileProduct(const std::byte* tile, int rows_w, Q8Rows x,
                                   std::ptrdiff_t first_row, float* y, std::ptrdiff_t ldy) {
  const int blocks = x.cols / 32;
  __m512 sum[rows_x];
  for (int m = 0; m < rows_x; ++m) sum[m] = _mm512_setzero_ps();
  for (int b = 0; b < blocks; ++b) {
    const std::byte* weights = tile + Q8WeightOffset(b);
    __m512i w[8];
    for (int group = 0; group < 8; ++group) w[group] = _mm512_load_si512(weights + group * 64);
    const __m512 scale = (__m512)WidenF16(tile + Q8ScaleOffset(b));
    for (int m = 0; m < rows_x; ++m) {
      const int8_t* q = x.q + (first_row + m) * x.cols + b * 32;
      const std::ptrdiff_t block = (first_row + m) * blocks + b;
      __m512i even = _mm512_set1_epi32(x.bias[block]);
      __m512i odd = _mm512_setzero_si512();
      for (int group = 0; group < 8; group += 2) {
        even = _mm512_dpbusd_epi32(even, w[group], Broadcast4(q + group * 4));
        odd = _mm512_dpbusd_epi32(odd, w[group + 1], Broadcast4(q + group * 4 + 4));
      }
      const __m512 dot = _mm512_cvtepi32_ps(_mm512_add_epi32(even, odd));
      sum[m] = _mm512_fmadd_ps(dot, _mm512_mul_ps(scale, _mm512_set1_ps(x.d[block])), sum[m]);
    }
  }
  const __mmask16 mask = static_cast<__mmask16>(rows_w >= 16 ? 0xffffu : (1u << rows_w) - 1u);
  for (int m = 0; m < rows_x; ++m) _mm512_mask_storeu_ps(y + m * ldy, mask, sum[m]);
}

void MatMulQ8(PackedSlice w, Q8Rows x, int first_row, int n_x, float* y, std::ptrdiff_t ldy) {
  const std::ptrdiff_t tile_bytes = Q8TileBytes(w.cols);
  const std::byte* tile = w.tiles;
  for (int row = 0; row < w.rows; row += kLanes, tile += tile_bytes) {
    const int rows = w.rows - row;
    int m = 0;
    for (; m + 8 <= n_x; m += 8) {
      Q8TileProduct<8>(tile, rows, x, first_row + m, y + m * ldy + row, ldy);
    }
    if (m + 4 <= n_x) {
      Q8TileProduct<4>(tile, rows, x, first_row + m, y + m * ldy + row, ldy);
      m += 4;
    }
    if (m + 2 <= n_x) {
      Q8TileProduct<2>(tile, rows, x, first_row + m, y + m * ldy + row, ldy);
      m += 2;
    }
    if (m < n_x) {
      Q8TileProduct<1>(tile, rows, x, first_row + m, y + m * ldy + row, ldy);
    }
  }
}

}  // namespace

const KernelTable& Avx512Kernels() {
  static const KernelTable table = TableOf(IsaLevel::kAvx512Vnni, MatMulQ8);
  return table;
}

}  // namespace moebench
