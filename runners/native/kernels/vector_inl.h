// Sixteen floats at a time, in GCC's vector types: what the vector loops of each instruction set
// are written in. Everything is force-inlined in an unnamed namespace: the linker must never take
// the AVX-512 copy of a function for a cpu without it.
#pragma once

#include <cstddef>
#include <cstdint>

#define MOEBENCH_INLINE [[gnu::always_inline]] inline

namespace moebench {
namespace {

constexpr int kLanes = 16;
typedef float F32x16 __attribute__((vector_size(64)));
typedef int32_t I32x16 __attribute__((vector_size(64)));
typedef int8_t I8x16 __attribute__((vector_size(16)));

MOEBENCH_INLINE F32x16 Load(const float* p) {
  F32x16 v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
MOEBENCH_INLINE void Store(float* p, F32x16 v) { __builtin_memcpy(p, &v, sizeof v); }
MOEBENCH_INLINE F32x16 LoadPart(const float* p, int n, float fill) {
  float padded[kLanes];
  for (int i = 0; i < kLanes; ++i) padded[i] = i < n ? p[i] : fill;
  return Load(padded);
}
MOEBENCH_INLINE void StorePart(float* p, F32x16 v, int n) {
  for (int i = 0; i < n; ++i) p[i] = v[i];
}
MOEBENCH_INLINE F32x16 Max(F32x16 a, F32x16 b) { return a > b ? a : b; }
MOEBENCH_INLINE float Sum(F32x16 v) {
  typedef float F32x8 __attribute__((vector_size(32)));
  typedef float F32x4 __attribute__((vector_size(16)));
  const F32x8 a = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                  __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  const F32x4 b =
      __builtin_shufflevector(a, a, 0, 1, 2, 3) + __builtin_shufflevector(a, a, 4, 5, 6, 7);
  return (b[0] + b[2]) + (b[1] + b[3]);
}
MOEBENCH_INLINE float MaxOf(F32x16 v) {
  float most = v[0];
  for (int i = 1; i < kLanes; ++i) most = v[i] > most ? v[i] : most;
  return most;
}

// Nearest even, for |v| < 2^22: the sum with 1.5 * 2^23 has no bits left for the fraction.
MOEBENCH_INLINE F32x16 Round(F32x16 v) {
  constexpr float kMagic = 12582912.0f;
  return (v + kMagic) - kMagic;
}

}  // namespace
}  // namespace moebench
