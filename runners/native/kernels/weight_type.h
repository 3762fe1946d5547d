// The types of weights that the kernels compute with, named as in GGUF, and how GGUF stores them.
#pragma once

#include <cstddef>
#include <string_view>

namespace moebench {

enum class WeightType {
  kF32,
  kF16,
  kBF16,
  kQ8_0,
  kQ4_0,
  kQ4_1,
  kQ5_0,
  kQ5_1,
  kIQ4_NL,
  kMXFP4,
  kQ2_K,
  kQ3_K,
  kQ4_K,
  kQ5_K,
  kQ6_K,
  kIQ4_XS,
  kBF16Pairs,  // BF16 in GGUF, packed for dot products of bf16 pairs
};
inline constexpr int kWeightTypes = 17;

// Blocks and bytes of ggml-common.h (ggml 0.27.0, MIT).
struct WeightTraits {
  std::string_view name;
  int block_elements;  // of one row, stored together
  int block_bytes;
};

inline constexpr WeightTraits kWeightTraits[kWeightTypes] = {
    {"F32", 1, 4},      {"F16", 1, 2},      {"BF16", 1, 2},     {"Q8_0", 32, 34},
    {"Q4_0", 32, 18},   {"Q4_1", 32, 20},   {"Q5_0", 32, 22},   {"Q5_1", 32, 24},
    {"IQ4_NL", 32, 18}, {"MXFP4", 32, 17},  {"Q2_K", 256, 84},  {"Q3_K", 256, 110},
    {"Q4_K", 256, 144}, {"Q5_K", 256, 176}, {"Q6_K", 256, 210}, {"IQ4_XS", 256, 136},
    {"BF16", 1, 2},
};

constexpr const WeightTraits& TraitsOf(WeightType type) {
  return kWeightTraits[static_cast<int>(type)];
}
constexpr bool IsQuantised(WeightType type) { return TraitsOf(type).block_elements > 1; }

// One row of so many weights as GGUF stores it; whole blocks.
constexpr std::size_t RawRowBytes(WeightType type, int cols) {
  const WeightTraits& traits = TraitsOf(type);
  return static_cast<std::size_t>(cols / traits.block_elements) *
         static_cast<std::size_t>(traits.block_bytes);
}

}  // namespace moebench
