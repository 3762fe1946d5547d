// The vector loops, written once in GCC's vector types (vector_inl.h) and compiled for each
// instruction set by kernels_scalar.cc, kernels_avx2.cc and kernels_avx512.cc. Everything is in an
// unnamed namespace and no inline function of another header is called: the linker must never take
// the AVX-512 copy of a function for a cpu without it.
#pragma once

#include "runners/native/kernels/activation_block.h"
#include "runners/native/kernels/kernel_table.h"
#include "runners/native/kernels/vector_inl.h"

namespace moebench {
namespace {

// e^x within about 2 units in the last place on [-87, 88]; outside it is clamped. NaN stays NaN.
// Range reduction and polynomial: Cephes expf (S. Moshier).
MOEBENCH_INLINE F32x16 Exp(F32x16 x) {
  const F32x16 lowest = F32x16{} - 87.0f, highest = F32x16{} + 88.0f;
  x = x < lowest ? lowest : x;
  x = x > highest ? highest : x;
  const F32x16 n = Round(x * 1.44269504088896341f);
  const F32x16 r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  F32x16 p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  const I32x16 power = (__builtin_convertvector(n, I32x16) + 127) << 23;  // 2^n
  return p * (F32x16)power;
}

float Dot(const float* a, const float* b, int n) {
  F32x16 s0{}, s1{};
  int i = 0;
  for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
    s0 += Load(a + i) * Load(b + i);
    s1 += Load(a + i + kLanes) * Load(b + i + kLanes);
  }
  for (; i + kLanes <= n; i += kLanes) s0 += Load(a + i) * Load(b + i);
  if (i < n) s1 += LoadPart(a + i, n - i, 0) * LoadPart(b + i, n - i, 0);
  return Sum(s0 + s1);
}

void Axpy(float scale, const float* x, float* y, int n) {
  int i = 0;
  for (; i + kLanes <= n; i += kLanes) Store(y + i, Load(y + i) + Load(x + i) * scale);
  for (; i < n; ++i) y[i] += x[i] * scale;
}

void RmsNorm(const float* x, const float* weight, int n, float eps, float* y) {
  const float mean = Dot(x, x, n) / static_cast<float>(n);
  const float scale = 1.0f / __builtin_sqrtf(mean + eps);
  int i = 0;
  for (; i + kLanes <= n; i += kLanes) Store(y + i, Load(x + i) * scale * Load(weight + i));
  for (; i < n; ++i) y[i] = x[i] * scale * weight[i];
}

MOEBENCH_INLINE F32x16 Silu(F32x16 x) { return x / (1.0f + Exp(-x)); }

void SwiGlu(float* gate, const float* up, int n) {
  int i = 0;
  for (; i + kLanes <= n; i += kLanes) Store(gate + i, Silu(Load(gate + i)) * Load(up + i));
  if (i < n) {
    StorePart(gate + i, Silu(LoadPart(gate + i, n - i, 0)) * LoadPart(up + i, n - i, 0), n - i);
  }
}

MOEBENCH_INLINE F32x16 ClampedSwiGlu(F32x16 gate, F32x16 up) {
  const F32x16 limit = F32x16{} + 7.0f;
  gate = gate > limit ? limit : gate;
  up = up > limit ? limit : up;
  up = up < -limit ? -limit : up;
  return gate / (1.0f + Exp(gate * -1.702f)) * (up + 1.0f);
}

void SwiGluClamped(float* gate, const float* up, int n) {
  int i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    Store(gate + i, ClampedSwiGlu(Load(gate + i), Load(up + i)));
  }
  if (i < n) {
    StorePart(gate + i, ClampedSwiGlu(LoadPart(gate + i, n - i, 0), LoadPart(up + i, n - i, 0)),
              n - i);
  }
}

void Softmax(float* x, int n) {
  float most = x[0];
  for (int i = 0; i < n; i += kLanes) {
    const int left = n - i;
    const float of_these = MaxOf(left >= kLanes ? Load(x + i) : LoadPart(x + i, left, x[0]));
    most = of_these > most ? of_these : most;
  }
  F32x16 sums{};
  for (int i = 0; i < n; i += kLanes) {
    const int left = n - i;
    if (left >= kLanes) {
      const F32x16 e = Exp(Load(x + i) - most);
      Store(x + i, e);
      sums += e;
    } else {
      StorePart(x + i, Exp(LoadPart(x + i, left, 0) - most), left);
      sums += LoadPart(x + i, left, 0);
    }
  }
  const float scale = 1.0f / Sum(sums);
  int i = 0;
  for (; i + kLanes <= n; i += kLanes) Store(x + i, Load(x + i) * scale);
  for (; i < n; ++i) x[i] *= scale;
}

// Some columns of the values' weighted sum, kept in registers over all rows; even and odd rows
// apart, which hides the latency of the addition.
template <int width>
MOEBENCH_INLINE void WeightedSum(const float* weights, const float* values, int n, int head_dim,
                                 float* out) {
  F32x16 even[width] = {}, odd[width] = {};
  int p = 0;
  for (; p + 2 <= n; p += 2, values += 2 * std::ptrdiff_t{head_dim}) {
    for (int v = 0; v < width; ++v) {
      even[v] += Load(values + v * kLanes) * weights[p];
      odd[v] += Load(values + head_dim + v * kLanes) * weights[p + 1];
    }
  }
  for (int v = 0; v < width; ++v) {
    if (p < n) even[v] += Load(values + v * kLanes) * weights[p];
    Store(out + v * kLanes, even[v] + odd[v]);
  }
}

// The dot products of one vector with four others, which lie one after the other.
MOEBENCH_INLINE void FourDots(const float* a, const float* b, int n, float scale, float* out) {
  F32x16 s0{}, s1{}, s2{}, s3{};
  for (int i = 0; i < n; i += kLanes) {
    const F32x16 v = Load(a + i);
    s0 += v * Load(b + i);
    s1 += v * Load(b + n + i);
    s2 += v * Load(b + 2 * std::ptrdiff_t{n} + i);
    s3 += v * Load(b + 3 * std::ptrdiff_t{n} + i);
  }
  // Four sums across lanes at once, a transposition by halves.
  const F32x16 t0 =
      __builtin_shufflevector(s0, s1, 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29) +
      __builtin_shufflevector(s0, s1, 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31);
  const F32x16 t1 =
      __builtin_shufflevector(s2, s3, 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29) +
      __builtin_shufflevector(s2, s3, 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31);
  const F32x16 u =
      __builtin_shufflevector(t0, t1, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30) +
      __builtin_shufflevector(t0, t1, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29,
                              31);  // [4 dots][4 partial sums]
  for (int i = 0; i < 4; ++i) {
    out[i] = scale * ((u[4 * i] + u[4 * i + 1]) + (u[4 * i + 2] + u[4 * i + 3]));
  }
}

void Attend(const float* query, const float* keys, const float* values, int n, int head_dim,
            float scale, float* scores, float* out) {
  int p = 0;
  if (head_dim % kLanes == 0) {
    for (; p + 4 <= n; p += 4) {
      FourDots(query, keys + std::ptrdiff_t{p} * head_dim, head_dim, scale, scores + p);
    }
  }
  for (; p < n; ++p) {
    scores[p] = scale * Dot(query, keys + std::ptrdiff_t{p} * head_dim, head_dim);
  }
  Softmax(scores, n);
  int c = 0;
  for (; c + 4 * kLanes <= head_dim; c += 4 * kLanes) {
    WeightedSum<4>(scores, values + c, n, head_dim, out + c);
  }
  for (; c + 2 * kLanes <= head_dim; c += 2 * kLanes) {
    WeightedSum<2>(scores, values + c, n, head_dim, out + c);
  }
  for (; c + kLanes <= head_dim; c += kLanes) {
    WeightedSum<1>(scores, values + c, n, head_dim, out + c);
  }
  if (c == head_dim) return;
  for (int i = c; i < head_dim; ++i) out[i] = 0;
  for (p = 0; p < n; ++p) {
    Axpy(scores[p], values + std::ptrdiff_t{p} * head_dim + c, out + c, head_dim - c);
  }
}

float RoundToF16(float x);  // defined by the including file

// The largest of 16, by halves.
MOEBENCH_INLINE float TreeMax(F32x16 v) {
  typedef float F32x8 __attribute__((vector_size(32)));
  typedef float F32x4 __attribute__((vector_size(16)));
  const F32x8 a = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7),
              b = __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  const F32x8 c = a > b ? a : b;
  const F32x4 d = __builtin_shufflevector(c, c, 0, 1, 2, 3),
              e = __builtin_shufflevector(c, c, 4, 5, 6, 7);
  const F32x4 f = d > e ? d : e;
  const float g = f[0] > f[1] ? f[0] : f[1], h = f[2] > f[3] ? f[2] : f[3];
  return g > h ? g : h;
}

MOEBENCH_INLINE int32_t SumOf(I32x16 v) {
  typedef int32_t I32x8 __attribute__((vector_size(32)));
  typedef int32_t I32x4 __attribute__((vector_size(16)));
  const I32x8 a = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                  __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  const I32x4 b =
      __builtin_shufflevector(a, a, 0, 1, 2, 3) + __builtin_shufflevector(a, a, 4, 5, 6, 7);
  return (b[0] + b[2]) + (b[1] + b[3]);
}

void Quantise(const float* x, int n_blocks, ActivationBlock* out, int stride) {
  for (int block = 0; block < n_blocks; ++block, x += kActivationBlock, out += stride) {
    const F32x16 a = Load(x), b = Load(x + kLanes);
    const float amax = TreeMax(Max(Max(a, -a), Max(b, -b)));
    const float inverse = amax != 0 ? 127.0f / amax : 0.0f;
    const I32x16 qa = __builtin_convertvector(Round(a * inverse), I32x16);
    const I32x16 qb = __builtin_convertvector(Round(b * inverse), I32x16);
    const I8x16 narrow_a = __builtin_convertvector(qa, I8x16);
    const I8x16 narrow_b = __builtin_convertvector(qb, I8x16);
    __builtin_memcpy(out->q, &narrow_a, sizeof narrow_a);
    __builtin_memcpy(out->q + kLanes, &narrow_b, sizeof narrow_b);
    const int32_t first = SumOf(qa), last = SumOf(qb);
    const float d = RoundToF16(amax / 127.0f);
    out->d = d;
    out->d_sum = d * static_cast<float>(first + last);
    out->d_half[0] = d * static_cast<float>(first);
    out->d_half[1] = d * static_cast<float>(last);
    out->minus_sum = -(first + last);
    out->minus_half[0] = -first;
    out->minus_half[1] = -last;
    out->unused = 0;
  }
}

}  // namespace
}  // namespace moebench
