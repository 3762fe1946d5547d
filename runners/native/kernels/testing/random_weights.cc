#include "runners/native/kernels/testing/random_weights.h"

#include <cmath>
#include <cstring>

#include "harness/base/rng.h"
#include "runners/native/kernels/dequantise.h"
#include "runners/native/kernels/half.h"

namespace moebench {
namespace {

// Where a block has its binary16 scale and minimum; -1 for none.
struct Halves {
  int scale, min;
};
Halves HalvesOf(WeightType type) {
  switch (type) {
    case WeightType::kQ4_1:
    case WeightType::kQ5_1:
    case WeightType::kQ4_K:
    case WeightType::kQ5_K:
      return {0, 2};
    case WeightType::kQ2_K:
      return {80, 82};
    case WeightType::kQ3_K:
      return {108, -1};
    case WeightType::kQ6_K:
      return {208, -1};
    case WeightType::kMXFP4:
      return {-1, -1};
    default:
      return {0, -1};
  }
}

void PutHalf(std::byte* to, double value) {
  const uint16_t half = F32ToF16(static_cast<float>(value));
  std::memcpy(to, &half, sizeof half);
}

}  // namespace

std::vector<std::byte> RandomWeights(WeightType type, int rows, int cols, uint64_t seed) {
  Rng rng(seed);
  std::vector<std::byte> raw(static_cast<std::size_t>(rows) * RawRowBytes(type, cols));
  if (!IsQuantised(type)) {
    const std::size_t bytes = static_cast<std::size_t>(TraitsOf(type).block_bytes);
    for (std::size_t at = 0; at < raw.size(); at += bytes) {
      const float value = static_cast<float>(rng.Normal()) * 0.05f;
      const uint16_t half = type == WeightType::kF16 ? F32ToF16(value) : F32ToBf16(value);
      if (type == WeightType::kF32) {
        std::memcpy(&raw[at], &value, sizeof value);
      } else {
        std::memcpy(&raw[at], &half, sizeof half);
      }
    }
    return raw;
  }
  const Halves halves = HalvesOf(type);
  for (std::byte& byte : raw) byte = std::byte(rng.Below(256));
  for (std::size_t at = 0; at < raw.size();
       at += static_cast<std::size_t>(TraitsOf(type).block_bytes)) {
    if (halves.scale >= 0)
      PutHalf(&raw[at + static_cast<std::size_t>(halves.scale)], rng.Normal() * 0.01);
    if (halves.min >= 0)
      PutHalf(&raw[at + static_cast<std::size_t>(halves.min)], rng.Normal() * 0.01);
    if (type == WeightType::kMXFP4) raw[at] = std::byte(118 + rng.Below(8));
  }
  return raw;
}

void ScaleTo(WeightType type, double rms, int cols, std::span<std::byte> raw) {
  const std::size_t row_bytes = RawRowBytes(type, cols);
  std::vector<float> row(static_cast<std::size_t>(cols));
  double squares = 0;
  for (std::size_t at = 0; at < raw.size(); at += row_bytes) {
    ReadRawRow(type, &raw[at], cols, row.data());
    for (const float value : row) squares += double{value} * value;
  }
  const double n = static_cast<double>(raw.size() / row_bytes) * cols;
  const double factor = rms / std::sqrt(squares / n);
  const Halves halves = HalvesOf(type);
  const auto scale = [&](std::size_t at) {
    uint16_t half;
    std::memcpy(&half, &raw[at], sizeof half);
    PutHalf(&raw[at], F16ToF32(half) * factor);
  };
  const std::size_t block_bytes = static_cast<std::size_t>(TraitsOf(type).block_bytes);
  for (std::size_t at = 0; at < raw.size(); at += block_bytes) {
    if (halves.scale >= 0) scale(at + static_cast<std::size_t>(halves.scale));
    if (halves.min >= 0) scale(at + static_cast<std::size_t>(halves.min));
    if (type != WeightType::kMXFP4) continue;
    const int exponent =
        std::to_integer<int>(raw[at]) + static_cast<int>(std::lround(std::log2(factor)));
    raw[at] = static_cast<std::byte>(exponent);
  }
}

std::vector<float> RandomValues(std::size_t n, uint64_t seed) {
  Rng rng(seed);
  std::vector<float> values(n);
  for (float& value : values) value = static_cast<float>(rng.Normal());
  return values;
}

}  // namespace moebench
