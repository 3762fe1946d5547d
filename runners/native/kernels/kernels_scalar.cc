// Portable kernels: whatever the compiler makes of plain C++ for the oldest cpu.
#include <cmath>
#include <cstring>

#include "runners/native/kernels/float_matmul_inl.h"
#include "runners/native/kernels/half.h"

namespace moebench {
namespace {

float RoundToF16(float x) { return F16ToF32(F32ToF16(x)); }

struct Simd {
  static constexpr int kBytes = 16, kLanes = 4, kMostRows = 1;
  static constexpr int kFloatRows = 2;
  typedef uint8_t U8 __attribute__((vector_size(16)));
  typedef uint16_t U16 __attribute__((vector_size(16)));
  typedef float F __attribute__((vector_size(16)));
  typedef int32_t I __attribute__((vector_size(16)));

  template <class Each>
  static F Make(Each each) {
    F v{};
    for (int i = 0; i < kLanes; ++i) v[i] = each(i);
    return v;
  }
  // A fused multiply and add like the vector kernels': the same bits.
  static F Fma(F a, F b, F c) {
    return Make([&](int i) { return std::fma(a[i], b[i], c[i]); });
  }
  static F Broadcast(float x) { return F{x, x, x, x}; }
  static F WidenF16(const std::byte* p) {
    uint16_t halves[kLanes];
    std::memcpy(halves, p, sizeof halves);
    return Make([&](int i) { return F16ToF32(halves[i]); });
  }
  static F WidenBf16(const std::byte* p) {
    uint16_t halves[kLanes];
    std::memcpy(halves, p, sizeof halves);
    return Make([&](int i) { return Bf16ToF32(halves[i]); });
  }
  static F WidenU8(const uint8_t* p) {
    return Make([&](int i) { return static_cast<float>(p[i]); });
  }
  static F WidenS8(const std::byte* p) {
    return Make([&](int i) { return static_cast<float>(static_cast<int8_t>(p[i])); });
  }
  static F PowerOfTwo(const std::byte* p) {  // 2^(byte - 128)
    return Make([&](int i) {
      const uint32_t e = std::to_integer<uint32_t>(p[i]);
      return std::bit_cast<float>((e == 0 ? 0u : e - 1) << 23);
    });
  }
  static U8 Lookup(const uint8_t* table, U8 index) {
    U8 v{};
    for (int i = 0; i < kBytes; ++i) v[i] = table[index[i]];
    return v;
  }
  static F ToFloat(I v) { return __builtin_convertvector(v, F); }
  template <int zero>
  static I Start(int32_t minus_sum) {
    return I{} + minus_sum * zero;
  }
  template <int zero>
  static I Dot4(I sum, U8 w, const int8_t* x) {
    for (int i = 0; i < kBytes; ++i) sum[i / 4] += w[i] * x[i % 4];
    return sum;
  }
  static void StoreRows(float* y, F v, int rows) {
    for (int i = 0; i < kLanes && i < rows; ++i) y[i] = v[i];
  }
};

}  // namespace

const KernelTable& ScalarKernels() {
  static const KernelTable table = TableOf<Simd>(IsaLevel::kScalar);
  return table;
}

}  // namespace moebench
