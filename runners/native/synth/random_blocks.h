// Random weights made in their quantised form: random quants, and scales such that the values have
// mean 0 and the deviation asked for. Nothing is quantised, so it is as fast as memory.
//   FillRandomBlocks(TensorType::kQ4_K, 0.02, seed, bytes);
// Same bytes for the same seed on every machine. Pure, thread-safe.
// Block layouts: ggml-common.h (ggml 0.27, MIT).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "runners/native/gguf/tensor_type.h"

namespace moebench {

// F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q2_K..Q6_K, IQ4_NL, IQ4_XS, MXFP4.
bool CanFillRandom(TensorType type);

// bytes: whole blocks. stddev of the values, 1e-3 to 10.
void FillRandomBlocks(TensorType type, double stddev, uint64_t seed, std::span<std::byte> bytes);

}  // namespace moebench
