// Float data to the bytes of a GGUF tensor, rounded exactly as GGML's reference functions do.
// For tests and synthetic models; plain loops, no speed.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "runners/native/gguf/tensor_type.h"

namespace moebench {

uint16_t ToHalf(float value);      // IEEE binary16, to nearest even, overflow to infinity
float FromHalf(uint16_t half);     // exact
uint16_t ToBfloat16(float value);  // to nearest even; NaN stays a (quiet) NaN
float FromBfloat16(uint16_t value);

// kF32, kF16, kBF16 or kQ8_0; values in the order of the tensor, size a multiple of the block.
// Q8_0 (ggml-quants.c, quantize_row_q8_0_ref): per 32 values d = max|x| / 127, stored as binary16;
// q = round(x / d) with the unrounded d, halves away from zero.
std::string Quantise(TensorType type, std::span<const float> values);

}  // namespace moebench
