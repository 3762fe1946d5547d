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

void DecayAdd(float decay, float scale, const float* x, float* y, int n) {
  int i = 0;
  for (; i + kLanes <= n; i += kLanes) Store(y + i, Load(y + i) * decay + Load(x + i) * scale);
  for (; i < n; ++i) y[i] = y[i] * decay + x[i] * scale;
}

// Columns c to c + 16 vectors of a state, with so many steps; keys stay in registers.
template <int n_steps, int vectors>
MOEBENCH_INLINE void RepeatOnColumns(const NotedStep* steps, const float* from, float* to, int rows,
                                     int cols, int c) {
  F32x16 key[n_steps][vectors], decay[n_steps];
  for (int s = 0; s < n_steps; ++s) {
    decay[s] = F32x16{} + steps[s].decay;
    for (int v = 0; v < vectors; ++v) key[s][v] = Load(steps[s].key + c + v * kLanes);
  }
  for (int i = 0; i < rows; ++i) {
    const std::ptrdiff_t at = std::ptrdiff_t{i} * cols + c;
    for (int v = 0; v < vectors; ++v) {
      F32x16 row = Load(from + at + v * kLanes);
      for (int s = 0; s < n_steps; ++s) row = row * decay[s] + key[s][v] * steps[s].change[i];
      Store(to + at + v * kLanes, row);
    }
  }
}

template <int n_steps>
MOEBENCH_INLINE void RepeatSome(const NotedStep* steps, const float* from, float* to, int rows,
                                int cols) {
  int c = 0;
  for (; c + 4 * kLanes <= cols; c += 4 * kLanes) {
    RepeatOnColumns<n_steps, 4>(steps, from, to, rows, cols, c);
  }
  for (; c + kLanes <= cols; c += kLanes) {
    RepeatOnColumns<n_steps, 1>(steps, from, to, rows, cols, c);
  }
  for (; c < cols; ++c) {
    for (int i = 0; i < rows; ++i) {
      const std::ptrdiff_t at = std::ptrdiff_t{i} * cols + c;
      float value = from[at];
      for (int s = 0; s < n_steps; ++s) {
        value = value * steps[s].decay + steps[s].key[c] * steps[s].change[i];
      }
      to[at] = value;
    }
  }
}

void RepeatSteps(const NotedStep* steps, int n_steps, const float* from, float* to, int rows,
                 int cols) {
  for (; n_steps > 4; n_steps -= 4, steps += 4, from = to) {
    RepeatSome<4>(steps, from, to, rows, cols);
  }
  switch (n_steps) {
    case 4:
      return RepeatSome<4>(steps, from, to, rows, cols);
    case 3:
      return RepeatSome<3>(steps, from, to, rows, cols);
    case 2:
      return RepeatSome<2>(steps, from, to, rows, cols);
    case 1:
      return RepeatSome<1>(steps, from, to, rows, cols);
    default:
      if (from != to) {
        __builtin_memcpy(to, from, sizeof(float) * static_cast<std::size_t>(rows * cols));
      }
  }
}

void RmsNorm(const float* x, const float* weight, int n, float eps, float* y) {
  const float mean = Dot(x, x, n) / static_cast<float>(n);
  const float scale = 1.0f / __builtin_sqrtf(mean + eps);
  int i = 0;
  for (; i + kLanes <= n; i += kLanes) Store(y + i, Load(x + i) * scale * Load(weight + i));
  for (; i < n; ++i) y[i] = x[i] * scale * weight[i];
}

MOEBENCH_INLINE F32x16 Silu(F32x16 x) { return x / (1.0f + Exp(-x)); }

void Convolve(const float* const* in, const float* weights, std::ptrdiff_t stride, int kernel,
              const float* bias, float* out, int n) {
  for (int i = 0; i < n; i += kLanes) {
    const int left = n - i;
    const auto load = [&](const float* p) {
      return left >= kLanes ? Load(p + i) : LoadPart(p + i, left, 0);
    };
    F32x16 sum = bias == nullptr ? F32x16{} : load(bias);
    for (int j = 0; j < kernel; ++j) sum += load(weights + j * stride) * load(in[j]);
    if (left >= kLanes) {
      Store(out + i, Silu(sum));
    } else {
      StorePart(out + i, Silu(sum), left);
    }
  }
}

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
