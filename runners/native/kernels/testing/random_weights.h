// Random weights of any type as GGUF stores them, with every code and sane scales.
//   std::vector<std::byte> raw = RandomWeights(WeightType::kQ4_K, rows, cols, seed);
#pragma once

#include <cstdint>
#include <vector>

#include "runners/native/kernels/weight_type.h"

namespace moebench {

std::vector<std::byte> RandomWeights(WeightType type, int rows, int cols, uint64_t seed);
std::vector<float> RandomValues(std::size_t n, uint64_t seed);  // normal, variance 1

}  // namespace moebench
