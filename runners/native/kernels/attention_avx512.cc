// Attention for AVX-512 with VNNI. Compiled with these flags: nothing from here may run before the
// cpu was asked for them.
#include <immintrin.h>

namespace moebench {
namespace {
constexpr int kWidth = 16;
constexpr int kAccumulators = 16;  // of 32 registers
constexpr bool kDotsOfOffsetKeys = true;
}  // namespace
}  // namespace moebench

#include "runners/native/kernels/attention_inl.h"

namespace moebench {
namespace {

U16x16 NarrowF16(F32x16 v) { return (U16x16)_mm512_cvtps_ph((__m512)v, _MM_FROUND_TO_NEAREST_INT); }
Floats WidenHalves(const std::byte* p) {
  return (Floats)_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
Shorts WidenS8(const std::byte* p) {
  return (Shorts)_mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
Ints AddDot4(Ints sum, Bytes keys, int32_t query) {
  return (Ints)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)keys, _mm512_set1_epi32(query));
}
Ints AddDot2(Ints sum, Shorts values, int32_t weights) {
  return (Ints)_mm512_dpwssd_epi32((__m512i)sum, (__m512i)values, _mm512_set1_epi32(weights));
}

}  // namespace

const AttentionKernels& Avx512Attention() { return kAttentionKernels; }

}  // namespace moebench
