// Kernels for AVX-512 with VNNI. Compiled with these flags: nothing from here may run before the
// cpu was asked for them.
#include <immintrin.h>

#include "runners/native/kernels/float_matmul_inl.h"

namespace moebench {
namespace {

float RoundToF16(float x) { return _cvtsh_ss(_cvtss_sh(x, _MM_FROUND_TO_NEAREST_INT)); }

struct Simd {
  static constexpr int kBytes = 64, kLanes = 16, kMostRows = 8;
  static constexpr int kFloatRows = 4;
  typedef uint8_t U8 __attribute__((vector_size(64)));
  typedef uint16_t U16 __attribute__((vector_size(64)));
  typedef F32x16 F;
  typedef I32x16 I;

  MOEBENCH_INLINE static F Fma(F a, F b, F c) {
    return (F)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
  }
  MOEBENCH_INLINE static F Broadcast(float x) { return (F)_mm512_set1_ps(x); }
  MOEBENCH_INLINE static F WidenF16(const std::byte* p) {
    return (F)_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  MOEBENCH_INLINE static __m128i Load16(const void* p) {
    return _mm_loadu_si128(static_cast<const __m128i*>(p));
  }
  MOEBENCH_INLINE static F WidenBf16(const std::byte* p) {
    const __m256i halves = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    return (F)_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16);
  }
  MOEBENCH_INLINE static F WidenU8(const uint8_t* p) {
    return (F)_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(Load16(p)));
  }
  MOEBENCH_INLINE static F WidenS8(const std::byte* p) {
    return (F)_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(Load16(p)));
  }
  MOEBENCH_INLINE static F PowerOfTwo(const std::byte* p) {  // 2^(byte - 128)
    const __m128i less_one = _mm_subs_epu8(Load16(p), _mm_set1_epi8(1));
    return (F)_mm512_slli_epi32(_mm512_cvtepu8_epi32(less_one), 23);
  }
  MOEBENCH_INLINE static U8 Lookup(const uint8_t* table, U8 index) {
    return (U8)_mm512_shuffle_epi8(_mm512_broadcast_i32x4(Load16(table)), (__m512i)index);
  }
  MOEBENCH_INLINE static F ToFloat(I v) { return (F)_mm512_cvtepi32_ps((__m512i)v); }
  // Codes are unsigned by `zero`; the sums start at -zero * sum(x), which takes it back.
  template <int zero>
  MOEBENCH_INLINE static I Start(int32_t minus_sum) {
    return (I)_mm512_set1_epi32(minus_sum) * zero;
  }
  template <int zero>
  MOEBENCH_INLINE static I Dot4(I sum, U8 w, const int8_t* x) {
    int32_t four;
    __builtin_memcpy(&four, x, sizeof four);
    return (I)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)w, _mm512_set1_epi32(four));
  }
  MOEBENCH_INLINE static void StoreRows(float* y, F v, int rows) {
    const __mmask16 mask = static_cast<__mmask16>(rows >= 16 ? 0xffffu : (1u << rows) - 1u);
    _mm512_mask_storeu_ps(y, mask, (__m512)v);
  }
};

}  // namespace

const KernelTable& Avx512Kernels() {
  static const KernelTable table = TableOf<Simd>(IsaLevel::kAvx512Vnni);
  return table;
}

}  // namespace moebench
