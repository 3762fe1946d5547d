// Attention for AVX2, FMA and F16C. Compiled with these flags: nothing from here may run before the
// cpu was asked for them.
#include <immintrin.h>

namespace moebench {
namespace {
constexpr int kWidth = 8;
constexpr int kAccumulators = 12;  // of 16 registers
constexpr bool kDotsOfOffsetKeys = false;
}  // namespace
}  // namespace moebench

#include "runners/native/kernels/attention_inl.h"

namespace moebench {
namespace {

U16x16 NarrowF16(F32x16 v) {
  __m256 halves[2];
  __builtin_memcpy(halves, &v, sizeof halves);
  __m128i narrow[2];
  for (int i = 0; i < 2; ++i) narrow[i] = _mm256_cvtps_ph(halves[i], _MM_FROUND_TO_NEAREST_INT);
  return LoadAs<U16x16>(narrow);
}
Floats WidenHalves(const std::byte* p) {
  return (Floats)_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
Shorts WidenS8(const std::byte* p) {
  return (Shorts)_mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
// vpmaddubsw wants unsigned by signed and saturates at 16 bits: |query| <= 127 times |key| <= 127,
// twice, stays below.
Ints AddDot4(Ints sum, Bytes keys, int32_t query) {
  const __m256i q = _mm256_set1_epi32(query);
  const __m256i key = _mm256_xor_si256((__m256i)keys, _mm256_set1_epi8(-128));
  const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(q), _mm256_sign_epi8(key, q));
  return sum + (Ints)_mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}
Ints AddDot2(Ints sum, Shorts values, int32_t weights) {
  return sum + (Ints)_mm256_madd_epi16((__m256i)values, _mm256_set1_epi32(weights));
}

}  // namespace

const AttentionKernels& Avx2Attention() { return kAttentionKernels; }

}  // namespace moebench
