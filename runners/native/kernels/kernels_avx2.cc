// Kernels for AVX2, FMA and F16C. Compiled with these flags: nothing from here may run before the
// cpu was asked for them.
#include <immintrin.h>

#include "runners/native/kernels/float_matmul_inl.h"

namespace moebench {
namespace {

float RoundToF16(float x) { return _cvtsh_ss(_cvtss_sh(x, _MM_FROUND_TO_NEAREST_INT)); }

MOEBENCH_INLINE __m256 WidenF16x8(const std::byte* p) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}

MOEBENCH_INLINE F32x16 WidenF16(const std::byte* p) {
  const __m256 low = WidenF16x8(p), high = WidenF16x8(p + 16);
  F32x16 v;
  __builtin_memcpy(&v, &low, sizeof low);
  __builtin_memcpy(reinterpret_cast<char*>(&v) + sizeof low, &high, sizeof high);
  return v;
}

MOEBENCH_INLINE __m256i Broadcast4(const int8_t* p) {
  int32_t four;
  __builtin_memcpy(&four, p, sizeof four);
  return _mm256_set1_epi32(four);
}

// Adds the products of 8 rows' four weights (u8, +128) with four activations to 8 sums. vpmaddubsw
// wants unsigned by signed and saturates at 16 bits: |w| <= 128 times |x| <= 127, twice, stays
// below.
MOEBENCH_INLINE __m256i AddDot4(__m256i sum, __m256i packed, __m256i x) {
  const __m256i w = _mm256_xor_si256(packed, _mm256_set1_epi8(-128));
  const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w));
  return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

// One tile with rows_x rows of x; half a tile (8 rows) fills a vector.
template <int rows_x>
MOEBENCH_INLINE void Q8TileProduct(const std::byte* tile, int rows_w, Q8Rows x,
                                   std::ptrdiff_t first_row, float* y, std::ptrdiff_t ldy) {
  const int blocks = x.cols / 32;
  for (int half = 0; half < 2; ++half) {
    __m256 sum[rows_x];
    for (int m = 0; m < rows_x; ++m) sum[m] = _mm256_setzero_ps();
    for (int b = 0; b < blocks; ++b) {
      const std::byte* block = tile + Q8WeightOffset(b) + half * 32;
      __m256i dot[rows_x];
      for (int m = 0; m < rows_x; ++m) dot[m] = _mm256_setzero_si256();
      for (int group = 0; group < 8; ++group) {
        const __m256i packed =
            _mm256_loadu_si256(reinterpret_cast<const __m256i*>(block + group * 64));
        for (int m = 0; m < rows_x; ++m) {
          const int8_t* q = x.q + (first_row + m) * x.cols + b * 32 + group * 4;
          dot[m] = AddDot4(dot[m], packed, Broadcast4(q));
        }
      }
      const __m256 scale = WidenF16x8(tile + Q8ScaleOffset(b) + half * 16);
      for (int m = 0; m < rows_x; ++m) {
        const __m256 d = _mm256_set1_ps(x.d[(first_row + m) * blocks + b]);
        sum[m] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot[m]), _mm256_mul_ps(scale, d), sum[m]);
      }
    }
    for (int m = 0; m < rows_x; ++m) {
      float* out = y + m * ldy + half * 8;
      const int rows = rows_w - half * 8;
      if (rows >= 8) {
        _mm256_storeu_ps(out, sum[m]);
      } else {
        float all[8];
        _mm256_storeu_ps(all, sum[m]);
        for (int r = 0; r < rows; ++r) out[r] = all[r];
      }
    }
  }
}

void MatMulQ8(PackedSlice w, Q8Rows x, int first_row, int n_x, float* y, std::ptrdiff_t ldy) {
  const std::ptrdiff_t tile_bytes = Q8TileBytes(w.cols);
  const std::byte* tile = w.tiles;
  for (int row = 0; row < w.rows; row += kLanes, tile += tile_bytes) {
    const int rows = w.rows - row;
    int m = 0;
    for (; m + 4 <= n_x; m += 4) {
      Q8TileProduct<4>(tile, rows, x, first_row + m, y + m * ldy + row, ldy);
    }
    for (; m < n_x; ++m) {
      Q8TileProduct<1>(tile, rows, x, first_row + m, y + m * ldy + row, ldy);
    }
  }
}

}  // namespace

const KernelTable& Avx2Kernels() {
  static const KernelTable table = TableOf(IsaLevel::kAvx2, MatMulQ8);
  return table;
}

}  // namespace moebench
