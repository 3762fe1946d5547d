#include "runners/native/synth/random_blocks.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

namespace moebench {
namespace {

// The formats once more, written down from ggml-quants.c's dequantize_row_* (MIT), one element at
// a time.
double HalfAt(const uint8_t* p) {
  uint16_t bits;
  std::memcpy(&bits, p, sizeof bits);
  return static_cast<double>(std::bit_cast<_Float16>(bits));
}

int SixBits(const uint8_t* packed, int i, bool minimum) {
  if (i < 4) return packed[i + (minimum ? 4 : 0)] & 63;
  const int low = minimum ? packed[i + 4] >> 4 : packed[i + 4] & 15;
  return low | ((packed[i - (minimum ? 0 : 4)] >> 6) << 4);
}

int ThreeBitScale(const uint8_t* packed, int i) {
  const int low = i < 8 ? packed[i] & 15 : packed[i - 8] >> 4;
  return (low | (((packed[8 + i % 4] >> (2 * (i / 4))) & 3) << 4)) - 32;
}

constexpr int kIq4[] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
constexpr double kFp4[] = {0, .5, 1, 1.5, 2, 3, 4, 6};

int Nibble(const uint8_t* quants, int i) {  // 32 quants: low nibbles first
  return i < 16 ? quants[i] & 15 : quants[i - 16] >> 4;
}
int FifthBit(const uint8_t* bits, int i) { return (bits[i / 8] >> (i % 8)) & 1; }

double ElementOf(TensorType type, const uint8_t* b, int i) {
  const int group = i / 64, in_group = i % 64;  // of K-quants with 32 bytes for 64 values
  const int nibble64 = in_group < 32 ? 0 : 4;
  switch (type) {
    case TensorType::kF32: {
      float value;
      std::memcpy(&value, b, sizeof value);
      return value;
    }
    case TensorType::kF16:
      return HalfAt(b);
    case TensorType::kBF16:
      return std::bit_cast<float>((uint32_t{b[0]} << 16) | (uint32_t{b[1]} << 24));
    case TensorType::kQ8_0:
      return HalfAt(b) * static_cast<int8_t>(b[2 + i]);
    case TensorType::kQ4_0:
      return HalfAt(b) * (Nibble(b + 2, i) - 8);
    case TensorType::kQ4_1:
      return HalfAt(b) * Nibble(b + 4, i) + HalfAt(b + 2);
    case TensorType::kQ5_0:
      return HalfAt(b) * (Nibble(b + 6, i) + 16 * FifthBit(b + 2, i) - 16);
    case TensorType::kQ5_1:
      return HalfAt(b) * (Nibble(b + 8, i) + 16 * FifthBit(b + 4, i)) + HalfAt(b + 2);
    case TensorType::kIQ4_NL:
      return HalfAt(b) * kIq4[Nibble(b + 2, i)];
    case TensorType::kMXFP4: {
      const int code = Nibble(b + 1, i);
      return std::ldexp(code < 8 ? kFp4[code] : -kFp4[code - 8], b[0] - 127);
    }
    case TensorType::kQ2_K: {
      const int quant = (b[16 + 32 * (i / 128) + i % 32] >> (2 * (i % 128 / 32))) & 3;
      return HalfAt(b + 80) * (b[i / 16] & 15) * quant - HalfAt(b + 82) * (b[i / 16] >> 4);
    }
    case TensorType::kQ3_K: {
      const int low = (b[32 + 32 * (i / 128) + i % 32] >> (2 * (i % 128 / 32))) & 3;
      const int high = (b[i % 32] >> (i / 32)) & 1;
      return HalfAt(b + 108) * ThreeBitScale(b + 96, i / 16) * (low + 4 * high - 4);
    }
    case TensorType::kQ4_K: {
      const int quant = (b[16 + 32 * group + in_group % 32] >> nibble64) & 15;
      return HalfAt(b) * SixBits(b + 4, i / 32, false) * quant -
             HalfAt(b + 2) * SixBits(b + 4, i / 32, true);
    }
    case TensorType::kQ5_K: {
      const int low = (b[48 + 32 * group + in_group % 32] >> nibble64) & 15;
      const int quant = low + 16 * ((b[16 + i % 32] >> (i / 32)) & 1);
      return HalfAt(b) * SixBits(b + 4, i / 32, false) * quant -
             HalfAt(b + 2) * SixBits(b + 4, i / 32, true);
    }
    case TensorType::kQ6_K: {
      const int half = i / 128, in_half = i % 128;
      const int low = (b[64 * half + in_half % 64] >> (in_half < 64 ? 0 : 4)) & 15;
      const int high = (b[128 + 32 * half + in_half % 32] >> (2 * (in_half / 32))) & 3;
      return HalfAt(b + 208) * static_cast<int8_t>(b[192 + i / 16]) * (low + 16 * high - 32);
    }
    case TensorType::kIQ4_XS: {
      const int sub = i / 32;
      uint16_t high;
      std::memcpy(&high, b + 2, sizeof high);
      const int low = (b[4 + sub / 2] >> (4 * (sub % 2))) & 15;
      const int scale = (low | (((high >> (2 * sub)) & 3) << 4)) - 32;
      return HalfAt(b) * scale * kIq4[Nibble(b + 8 + 16 * sub, i % 32)];
    }
    default:
      ADD_FAILURE() << NameOf(type);
      return 0;
  }
}

std::vector<double> Dequantised(TensorType type, const std::vector<std::byte>& bytes) {
  const TensorTypeTraits& traits = TraitsOf(type);
  std::vector<double> values;
  for (size_t at = 0; at < bytes.size(); at += static_cast<size_t>(traits.block_bytes)) {
    const auto* block = reinterpret_cast<const uint8_t*>(bytes.data() + at);
    for (int i = 0; i < traits.block_elements; ++i) values.push_back(ElementOf(type, block, i));
  }
  return values;
}

std::vector<TensorType> TypesThatCanBeFilled() {
  std::vector<TensorType> types;
  for (uint32_t number = 0; number < 64; ++number) {
    if (FindTensorType(number) == nullptr) continue;
    const TensorType type = static_cast<TensorType>(number);
    if (CanFillRandom(type)) types.push_back(type);
  }
  return types;
}

std::vector<std::byte> Filled(TensorType type, double stddev, uint64_t seed) {
  const TensorTypeTraits& traits = TraitsOf(type);
  constexpr int kElements = 1 << 18;
  std::vector<std::byte> bytes(static_cast<size_t>(kElements / traits.block_elements) *
                               static_cast<size_t>(traits.block_bytes));
  FillRandomBlocks(type, stddev, seed, bytes);
  return bytes;
}

TEST(RandomBlocks, ValuesHaveMeanZeroAndTheDeviationAskedFor) {
  EXPECT_EQ(TypesThatCanBeFilled().size(), 16u);
  for (const TensorType type : TypesThatCanBeFilled()) {
    for (const double stddev : {1.0, 0.022}) {
      const std::vector<double> values = Dequantised(type, Filled(type, stddev, 3));
      double sum = 0, squares = 0;
      for (const double value : values) {
        sum += value;
        squares += value * value;
      }
      const double n = static_cast<double>(values.size());
      // Scales of 256 values may have one sign: the mean of n / 256 such blocks, 4 deviations.
      // The deviation: 2 % for what 16-bit scales round to, and as much by chance.
      EXPECT_NEAR(sum / n / stddev, 0, 4 * 0.2 / std::sqrt(n / 256)) << NameOf(type);
      EXPECT_NEAR(std::sqrt(squares / n) / stddev, 1, 0.04) << NameOf(type);
    }
  }
}

TEST(RandomBlocks, ASeedGivesItsOwnBytes) {
  for (const TensorType type : TypesThatCanBeFilled()) {
    EXPECT_EQ(Filled(type, 1, 5), Filled(type, 1, 5)) << NameOf(type);
    EXPECT_NE(Filled(type, 1, 5), Filled(type, 1, 6)) << NameOf(type);
  }
}

TEST(RandomBlocks, Q8NeverHasTheQuantThatNoQuantiserGives) {
  const std::vector<std::byte> bytes = Filled(TensorType::kQ8_0, 1, 1);
  for (size_t at = 0; at < bytes.size(); ++at) {
    ASSERT_TRUE(at % 34 < 2 || bytes[at] != std::byte{0x80}) << at;
  }
}

}  // namespace
}  // namespace moebench
