// Layouts and formulas: ggml-common.h and ggml-quants.c (ggml 0.27.0, MIT).
#include "runners/native/kernels/dequantise.h"

#include <bit>
#include <cstdint>
#include <cstring>

#include "runners/native/kernels/half.h"

namespace moebench {
namespace {

constexpr int8_t kIq4Values[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                   1,    13,   25,  38,  53,  69,  89,  113};
constexpr float kE2m1Values[16] = {0.0f,  0.5f,  1.0f,  1.5f,  2.0f,  3.0f,  4.0f,  6.0f,
                                   -0.0f, -0.5f, -1.0f, -1.5f, -2.0f, -3.0f, -4.0f, -6.0f};

class Block {
 public:
  explicit Block(const std::byte* raw) : raw_(raw) {}
  int U8(int at) const { return std::to_integer<int>(raw_[at]); }
  int S8(int at) const { return static_cast<int8_t>(raw_[at]); }
  int Nibble(int at, int which) const { return (U8(at) >> (4 * which)) & 15; }
  float Half(int at) const {
    uint16_t half;
    std::memcpy(&half, raw_ + at, sizeof half);
    return F16ToF32(half);
  }

 private:
  const std::byte* raw_;
};

// Of 32 weights: the low nibbles of 16 bytes from `at` on, then the high ones.
int PairedNibble(const Block& block, int at, int i) { return block.Nibble(at + i % 16, i / 16); }
int FifthBit(const Block& block, int at, int i) { return (block.U8(at + i / 8) >> (i % 8)) & 1; }

float Weight32(WeightType type, const Block& block, int i) {
  switch (type) {
    case WeightType::kQ8_0:
      return block.Half(0) * static_cast<float>(block.S8(2 + i));
    case WeightType::kQ4_0:
      return block.Half(0) * static_cast<float>(PairedNibble(block, 2, i) - 8);
    case WeightType::kQ4_1:
      return block.Half(0) * static_cast<float>(PairedNibble(block, 4, i)) + block.Half(2);
    case WeightType::kQ5_0:
      return block.Half(0) *
             static_cast<float>((PairedNibble(block, 6, i) | FifthBit(block, 2, i) << 4) - 16);
    case WeightType::kQ5_1:
      return block.Half(0) *
                 static_cast<float>(PairedNibble(block, 8, i) | FifthBit(block, 4, i) << 4) +
             block.Half(2);
    case WeightType::kIQ4_NL:
      return block.Half(0) * static_cast<float>(kIq4Values[PairedNibble(block, 2, i)]);
    default: {  // MXFP4: an E8M0 exponent, which for 0 is 2^-127
      const int e = block.U8(0);
      const float scale = std::bit_cast<float>(e == 0 ? 0x400000u : static_cast<uint32_t>(e) << 23);
      return scale * kE2m1Values[PairedNibble(block, 1, i)];
    }
  }
}

// Scale and minimum of 32 weights of a Q4_K or Q5_K block: 6 bits each, in 12 bytes.
struct SixBits {
  int scale, min;
};
SixBits ScaleAndMin(const Block& block, int at, int j) {
  if (j < 4) return {block.U8(at + j) & 63, block.U8(at + j + 4) & 63};
  return {(block.U8(at + j + 4) & 15) | (block.U8(at + j - 4) >> 6) << 4,
          block.U8(at + j + 4) >> 4 | (block.U8(at + j) >> 6) << 4};
}

float Weight256(WeightType type, const Block& block, int i) {
  const int half = i / 128, quarter = i % 128 / 32, l = i % 32;
  switch (type) {
    case WeightType::kQ2_K: {
      const int scale = block.U8(i / 16), q = (block.U8(16 + 32 * half + l) >> (2 * quarter)) & 3;
      return block.Half(80) * static_cast<float>((scale & 15) * q) -
             block.Half(82) * static_cast<float>(scale >> 4);
    }
    case WeightType::kQ3_K: {
      const int low = (block.U8(32 + 32 * half + l) >> (2 * quarter)) & 3;
      const int high = (block.U8(l) >> (4 * half + quarter)) & 1, j = i / 16;
      const int scale =
          block.Nibble(96 + j % 8, j / 8) | ((block.U8(104 + j % 4) >> (2 * (j / 4))) & 3) << 4;
      return block.Half(108) * static_cast<float>((scale - 32) * ((low | high << 2) - 4));
    }
    case WeightType::kQ4_K: {
      const SixBits six = ScaleAndMin(block, 4, i / 32);
      const int q = block.Nibble(16 + i / 64 * 32 + l, i / 32 % 2);
      return block.Half(0) * static_cast<float>(six.scale * q) -
             block.Half(2) * static_cast<float>(six.min);
    }
    case WeightType::kQ5_K: {
      const SixBits six = ScaleAndMin(block, 4, i / 32);
      const int q = block.Nibble(48 + i / 64 * 32 + l, i / 32 % 2) |
                    ((block.U8(16 + l) >> (i / 32)) & 1) << 4;
      return block.Half(0) * static_cast<float>(six.scale * q) -
             block.Half(2) * static_cast<float>(six.min);
    }
    case WeightType::kQ6_K: {
      const int low = block.Nibble(64 * half + 32 * (quarter % 2) + l, quarter / 2);
      const int high = (block.U8(128 + 32 * half + l) >> (2 * quarter)) & 3;
      return block.Half(208) *
             static_cast<float>(block.S8(192 + i / 16) * ((low | high << 4) - 32));
    }
    default: {  // IQ4_XS
      const int j = i / 32;
      const int scale =
          block.Nibble(4 + j / 2, j % 2) | (((block.U8(2) | block.U8(3) << 8) >> (2 * j)) & 3) << 4;
      return block.Half(0) *
             static_cast<float>((scale - 32) * kIq4Values[PairedNibble(block, 8 + 16 * j, l)]);
    }
  }
}

}  // namespace

void ReadRawRow(WeightType type, const std::byte* raw, int cols, float* out) {
  if (type == WeightType::kF32) {
    std::memcpy(out, raw, static_cast<std::size_t>(cols) * sizeof(float));
    return;
  }
  if (!IsQuantised(type)) {
    for (int c = 0; c < cols; ++c) {
      uint16_t half;
      std::memcpy(&half, raw + c * 2, 2);
      out[c] = type == WeightType::kF16 ? F16ToF32(half) : Bf16ToF32(half);
    }
    return;
  }
  const WeightTraits& traits = TraitsOf(type);
  for (int c = 0; c < cols; c += traits.block_elements, raw += traits.block_bytes) {
    const Block block(raw);
    for (int i = 0; i < traits.block_elements; ++i) {
      out[c + i] =
          traits.block_elements == 32 ? Weight32(type, block, i) : Weight256(type, block, i);
    }
  }
}

}  // namespace moebench
