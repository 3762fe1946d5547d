// Portable attention: whatever the compiler makes of plain C++ for the oldest cpu.
#include "runners/native/kernels/half.h"

namespace moebench {
namespace {
constexpr int kWidth = 4;
constexpr int kAccumulators = 8;  // of 16 registers
constexpr bool kDotsOfOffsetKeys = false;
}  // namespace
}  // namespace moebench

#include "runners/native/kernels/attention_inl.h"

namespace moebench {
namespace {

U16x16 NarrowF16(F32x16 v) {
  U16x16 halves;
  for (int i = 0; i < kLanes; ++i) halves[i] = F32ToF16(v[i]);
  return halves;
}
Floats WidenHalves(const std::byte* p) {
  uint16_t halves[kWidth];
  __builtin_memcpy(halves, p, sizeof halves);
  Floats v;
  for (int i = 0; i < kWidth; ++i) v[i] = F16ToF32(halves[i]);
  return v;
}
Shorts WidenS8(const std::byte* p) {
  Shorts v;
  for (int i = 0; i < 2 * kWidth; ++i) v[i] = static_cast<int8_t>(p[i]);
  return v;
}
Ints AddDot4(Ints sum, Bytes keys, int32_t query) {
  int8_t four[4];
  __builtin_memcpy(four, &query, sizeof four);
  for (int i = 0; i < 4 * kWidth; ++i) sum[i / 4] += (int32_t{keys[i]} - 128) * four[i % 4];
  return sum;
}
Ints AddDot2(Ints sum, Shorts values, int32_t weights) {
  int16_t two[2];
  __builtin_memcpy(two, &weights, sizeof two);
  for (int i = 0; i < 2 * kWidth; ++i) sum[i / 2] += int32_t{values[i]} * two[i % 2];
  return sum;
}

}  // namespace

const AttentionKernels& ScalarAttention() { return kAttentionKernels; }

}  // namespace moebench
