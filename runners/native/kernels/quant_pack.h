// Packs rows of quantised weights, as GGUF stores them, into tiles (quant_layout.h). Codes and
// scales are moved, never computed anew.
#pragma once

#include <cstddef>

#include "runners/native/kernels/quant_layout.h"

namespace moebench {

// rows <= 16 rows, `row_bytes` apart; the tile's other rows become zero.
void PackQuantTile(WeightType type, const std::byte* raw, std::size_t row_bytes, int rows, int cols,
                   std::byte* tile);

}  // namespace moebench
