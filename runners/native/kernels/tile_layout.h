// How packed weights lie in memory: tiles of 16 to 64 output rows.
//
// quantised, one tile: 16 rows, quant_layout.h
// float, one tile: weights [cols][tile_rows]    f32, f16 or bf16; cols padded to 16 with zeros:
//                  oneDNN's BA16a<tile_rows>b of a [cols, rows] matrix
// kBF16Pairs: [cols / 2][tile_rows][2], oneDNN's BA16a<tile_rows>b2a
#pragma once

#include <cstddef>
#include <cstdint>

#include "runners/native/kernels/quant_layout.h"

namespace moebench {

// How many rows a tile has for a slice of so many rows: the widest that pads least.
int TileRows(WeightType type, int slice_rows);
std::size_t TileBytes(WeightType type, int tile_rows, int cols);
std::size_t SliceBytes(WeightType type, int slice_rows, int cols);  // all its tiles

// Packs `rows` rows that lie one after the other in GGUF's layout into tiles.
void PackSlice(WeightType type, const std::byte* raw, int rows, int cols, std::byte* tiles);

}  // namespace moebench
