// Products of bf16 pairs for AVX-512 with BF16; everything else is as with VNNI. Compiled with
// these flags: nothing from here may run before the cpu was asked for them.
#include <immintrin.h>

#include "runners/native/kernels/kernel_table.h"

#define MOEBENCH_INLINE [[gnu::always_inline]] inline

namespace moebench {

const KernelTable& Avx512Kernels();

namespace {

constexpr int kLanes = 16;

MOEBENCH_INLINE __m512bh LoadPairs(const std::byte* p) { return (__m512bh)_mm512_loadu_si512(p); }

// One tile [cols / 2][width * 16][2] with `rows_x` rows of x. The sums come in one order for any
// number of rows.
template <int width, int rows_x>
MOEBENCH_INLINE void PairsTile(const std::byte* tile, int rows_w, int pairs, const uint16_t* x,
                               std::ptrdiff_t ldx, float* y, std::ptrdiff_t ldy) {
  __m512 sum[rows_x][width];
  for (int m = 0; m < rows_x; ++m) {
    for (int v = 0; v < width; ++v) sum[m][v] = _mm512_setzero_ps();
  }
  for (int pair = 0; pair < pairs; ++pair, tile += width * kLanes * 4) {
    __m512bh w[width];
    for (int v = 0; v < width; ++v) w[v] = LoadPairs(tile + v * kLanes * 4);
    for (int m = 0; m < rows_x; ++m) {
      int32_t two;
      __builtin_memcpy(&two, x + m * ldx + std::ptrdiff_t{pair} * 2, sizeof two);
      const __m512bh both = (__m512bh)_mm512_set1_epi32(two);
      for (int v = 0; v < width; ++v) sum[m][v] = _mm512_dpbf16_ps(sum[m][v], w[v], both);
    }
  }
  for (int m = 0; m < rows_x; ++m) {
    for (int v = 0; v < width && v * kLanes < rows_w; ++v) {
      const int rows = rows_w - v * kLanes;
      const __mmask16 mask = static_cast<__mmask16>(rows >= 16 ? 0xffffu : (1u << rows) - 1u);
      _mm512_mask_storeu_ps(y + m * ldy + v * kLanes, mask, sum[m][v]);
    }
  }
}

template <int width>
void PairsTiles(PackedSlice w, const uint16_t* x, std::ptrdiff_t ldx, int n_x, float* y,
                std::ptrdiff_t ldy) {
  const std::ptrdiff_t tile_bytes = std::ptrdiff_t{(w.cols + 15) / 16 * 16} * width * kLanes * 2;
  const int pairs = (w.cols + 1) / 2;
  const std::byte* tile = w.tiles;
  for (int row = 0; row < w.rows; row += width * kLanes, tile += tile_bytes) {
    const int rows = w.rows - row;
    int m = 0;
    for (; m + 6 <= n_x; m += 6) {
      PairsTile<width, 6>(tile, rows, pairs, x + m * ldx, ldx, y + m * ldy + row, ldy);
    }
    for (; m + 4 <= n_x; m += 4) {
      PairsTile<width, 4>(tile, rows, pairs, x + m * ldx, ldx, y + m * ldy + row, ldy);
    }
    for (; m + 2 <= n_x; m += 2) {
      PairsTile<width, 2>(tile, rows, pairs, x + m * ldx, ldx, y + m * ldy + row, ldy);
    }
    if (m < n_x) {
      PairsTile<width, 1>(tile, rows, pairs, x + m * ldx, ldx, y + m * ldy + row, ldy);
    }
  }
}

void MatMulPairs(PackedSlice w, const uint16_t* x, std::ptrdiff_t ldx, int n_x, float* y,
                 std::ptrdiff_t ldy) {
  switch (w.tile_rows / kLanes) {
    case 1:
      return PairsTiles<1>(w, x, ldx, n_x, y, ldy);
    case 2:
      return PairsTiles<2>(w, x, ldx, n_x, y, ldy);
    case 3:
      return PairsTiles<3>(w, x, ldx, n_x, y, ldy);
    default:
      return PairsTiles<4>(w, x, ldx, n_x, y, ldy);
  }
}

void RoundBf16(const float* x, int n, uint16_t* out) {
  int i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const __m256bh half = _mm512_cvtneps_pbh(_mm512_loadu_ps(x + i));
    __builtin_memcpy(out + i, &half, sizeof half);
  }
  if (i == n) return;
  float last[kLanes] = {};
  for (int j = i; j < n; ++j) last[j - i] = x[j];
  const __m256bh half = _mm512_cvtneps_pbh(_mm512_loadu_ps(last));
  __builtin_memcpy(out + i, &half, static_cast<std::size_t>(n - i) * sizeof(uint16_t));
}

}  // namespace

const KernelTable& Avx512Bf16Kernels() {
  static const KernelTable table = [] {
    KernelTable copy = Avx512Kernels();
    copy.isa = IsaLevel::kAvx512Bf16;
    copy.matmul_bf16_pairs = MatMulPairs;
    copy.round_bf16 = RoundBf16;
    return copy;
  }();
  return table;
}

}  // namespace moebench
