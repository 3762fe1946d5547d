// Random weights of any type as GGUF stores them, with every code and sane scales.
//   std::vector<std::byte> raw = RandomWeights(WeightType::kQ4_K, rows, cols, seed);
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runners/native/kernels/weight_type.h"

namespace moebench {

std::vector<std::byte> RandomWeights(WeightType type, int rows, int cols, uint64_t seed);
// Changes the scales so that the weights' root mean square is about `rms`: within a power of two
// for MXFP4, whose scales are such.
void ScaleTo(WeightType type, double rms, int cols, std::span<std::byte> raw);
std::vector<float> RandomValues(std::size_t n, uint64_t seed);  // normal, variance 1

}  // namespace moebench
