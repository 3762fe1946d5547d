#include "runners/native/gguf/testing/quantise.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "harness/base/error.h"

namespace moebench {
namespace {

template <typename T>
void Append(std::string& to, T value) {
  const auto bytes = std::bit_cast<std::array<char, sizeof(T)>>(value);
  to.append(bytes.data(), bytes.size());
}

void AppendBlockQ8_0(std::string& to, std::span<const float> block) {
  float largest = 0;
  for (const float x : block) largest = std::max(largest, std::fabs(x));
  const float scale = largest / 127.0f;
  const float inverse = scale != 0 ? 1.0f / scale : 0.0f;
  Append(to, ToHalf(scale));
  for (const float x : block) to += static_cast<char>(std::lround(x * inverse));
}

}  // namespace

uint16_t ToHalf(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const auto sign = static_cast<uint16_t>((bits >> 16) & 0x8000);
  const uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return static_cast<uint16_t>(sign | 0x7e00);   // NaN
  if (magnitude >= 0x477ff000) return static_cast<uint16_t>(sign | 0x7c00);  // >= 65520
  if (magnitude < 0x38800000) {
    // Below 2^-14: in steps of 2^-24; adding 0.5 makes the adder round to nearest even.
    const float stepped = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(stepped) - 0x3f000000));
  }
  const uint32_t odd = (magnitude >> 13) & 1;
  return static_cast<uint16_t>(sign | ((magnitude - 0x38000000 + 0xfff + odd) >> 13));
}

float FromHalf(uint16_t half) {
  const float sign = (half & 0x8000) != 0 ? -1.0f : 1.0f;
  const int exponent = (half >> 10) & 31;
  const int fraction = half & 0x3ff;
  if (exponent == 31) return fraction != 0 ? std::nanf("") : sign * INFINITY;
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
}

uint16_t ToBfloat16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7fffffff) > 0x7f800000) return static_cast<uint16_t>((bits >> 16) | 64);
  return static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

float FromBfloat16(uint16_t value) { return std::bit_cast<float>(uint32_t{value} << 16); }

std::string Quantise(TensorType type, std::span<const float> values) {
  std::string bytes;
  const auto block = static_cast<size_t>(TraitsOf(type).block_elements);
  CHECK(values.size() % block == 0);
  switch (type) {
    case TensorType::kF32:
      for (const float x : values) Append(bytes, x);
      return bytes;
    case TensorType::kF16:
      for (const float x : values) Append(bytes, ToHalf(x));
      return bytes;
    case TensorType::kBF16:
      for (const float x : values) Append(bytes, ToBfloat16(x));
      return bytes;
    case TensorType::kQ8_0:
      for (size_t i = 0; i < values.size(); i += block) {
        AppendBlockQ8_0(bytes, values.subspan(i, block));
      }
      return bytes;
    default:
      CHECK(false && "Quantise: F32, F16, BF16 or Q8_0");
      return bytes;
  }
}

}  // namespace moebench
