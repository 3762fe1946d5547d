// Rows of weights as GGUF stores them, as f32: the reference of the kernels, and the embedding.
//   ReadRawRow(WeightType::kQ4_K, raw, 2048, out);
#pragma once

#include <cstddef>

#include "runners/native/kernels/weight_type.h"

namespace moebench {

// raw: RawRowBytes(type, cols) bytes; out [cols]. Exact but for one rounding of each product.
void ReadRawRow(WeightType type, const std::byte* raw, int cols, float* out);

}  // namespace moebench
