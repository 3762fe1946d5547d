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

struct Simd {
  static constexpr int kBytes = 32, kLanes = 8, kMostRows = 4;
  static constexpr int kFloatRows = 2;
  typedef uint8_t U8 __attribute__((vector_size(32)));
  typedef uint16_t U16 __attribute__((vector_size(32)));
  typedef float F __attribute__((vector_size(32)));
  typedef int32_t I __attribute__((vector_size(32)));

  MOEBENCH_INLINE static F Fma(F a, F b, F c) {
    return (F)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
  }
  MOEBENCH_INLINE static F Broadcast(float x) { return (F)_mm256_set1_ps(x); }
  MOEBENCH_INLINE static F WidenF16(const std::byte* p) { return (F)WidenF16x8(p); }
  MOEBENCH_INLINE static __m128i Load8(const void* p) {
    return _mm_loadl_epi64(static_cast<const __m128i*>(p));
  }
  MOEBENCH_INLINE static F WidenBf16(const std::byte* p) {
    const __m128i halves = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return (F)_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16);
  }
  MOEBENCH_INLINE static F WidenU8(const uint8_t* p) {
    return (F)_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(Load8(p)));
  }
  MOEBENCH_INLINE static F WidenS8(const std::byte* p) {
    return (F)_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(Load8(p)));
  }
  MOEBENCH_INLINE static F PowerOfTwo(const std::byte* p) {  // 2^(byte - 128)
    const __m128i less_one = _mm_subs_epu8(Load8(p), _mm_set1_epi8(1));
    return (F)_mm256_slli_epi32(_mm256_cvtepu8_epi32(less_one), 23);
  }
  MOEBENCH_INLINE static U8 Lookup(const uint8_t* table, U8 index) {
    const __m128i once = _mm_load_si128(reinterpret_cast<const __m128i*>(table));
    return (U8)_mm256_shuffle_epi8(_mm256_broadcastsi128_si256(once), (__m256i)index);
  }
  MOEBENCH_INLINE static F ToFloat(I v) { return (F)_mm256_cvtepi32_ps((__m256i)v); }
  // Codes of 128 and more are made signed, because vpmaddubsw saturates at 16 bits; the others
  // start at -zero * sum(x), which takes the zero back.
  template <int zero>
  MOEBENCH_INLINE static I Start(int32_t minus_sum) {
    if constexpr (zero == 128) return I{};
    return (I)_mm256_set1_epi32(minus_sum) * zero;
  }
  template <int zero>
  MOEBENCH_INLINE static I Dot4(I sum, U8 code, const int8_t* x) {
    int32_t four;
    __builtin_memcpy(&four, x, sizeof four);
    const __m256i x4 = _mm256_set1_epi32(four);
    __m256i pairs;
    if constexpr (zero == 128) {  // |w| <= 128 times |x| <= 127, twice, stays below 2^15
      const __m256i w = _mm256_xor_si256((__m256i)code, _mm256_set1_epi8(-128));
      pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x4, w));
    } else {  // codes below 64
      pairs = _mm256_maddubs_epi16((__m256i)code, x4);
    }
    return sum + (I)_mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
  }
  MOEBENCH_INLINE static void StoreRows(float* y, F v, int rows) {
    if (rows >= kLanes) {
      _mm256_storeu_ps(y, (__m256)v);
    } else {
      for (int i = 0; i < rows; ++i) y[i] = v[i];
    }
  }
};

}  // namespace

const KernelTable& Avx2Kernels() {
  static const KernelTable table = TableOf<Simd>(IsaLevel::kAvx2);
  return table;
}

}  // namespace moebench
