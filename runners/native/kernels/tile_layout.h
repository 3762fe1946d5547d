// How packed weights lie in memory: tiles of 16 to 64 output rows, so that one vector holds one
// input's weight of 16 rows and a product needs no sum across lanes. Rows beyond the last are zero.
//
// Q8_0, one tile:  for each two blocks of 32 inputs, in the order they are read:
//                    scales  [2][16]         binary16
//                    weights [2][8][16][4]   s8 + 128 as u8: vpdpbusd wants unsigned by signed
//                  a last block without a partner leaves out the partner's weights; one stream,
//                  so that the cpu's own prefetching does (EPYC Genoa, cold, one core: 35 GB/s;
//                  with all scales before the weights 23, and 25 with prefetches of our own)
// float, one tile: weights [cols][tile_rows]    f32, f16 or bf16; cols padded to 16 with zeros:
//                  oneDNN's BA16a<tile_rows>b of a [cols, rows] matrix
#pragma once

#include <cstddef>
#include <cstdint>

namespace moebench {

enum class WeightType { kF32, kF16, kBF16, kQ8_0 };

inline constexpr int kTileRows = 16;
inline constexpr int kQ8Block = 32;               // weights that share a scale
inline constexpr std::size_t kQ8BlockBytes = 34;  // in GGUF: binary16 scale, 32 s8

// How many rows a tile has for a slice of so many rows: the widest that pads least.
int TileRows(WeightType type, int slice_rows);
inline constexpr int kQ8PairBytes = 2 * kTileRows * 2 + 2 * kQ8Block * kTileRows;
// Where block b's scales and weights begin in its tile.
[[gnu::always_inline]] constexpr std::ptrdiff_t Q8ScaleOffset(int b) {
  return std::ptrdiff_t{b / 2} * kQ8PairBytes + b % 2 * kTileRows * 2;
}
[[gnu::always_inline]] constexpr std::ptrdiff_t Q8WeightOffset(int b) {
  return std::ptrdiff_t{b / 2} * kQ8PairBytes + 2 * kTileRows * 2 + b % 2 * kQ8Block * kTileRows;
}
[[gnu::always_inline]] constexpr std::ptrdiff_t Q8TileBytes(int cols) {
  const int blocks = cols / kQ8Block;
  return blocks % 2 == 0 ? Q8ScaleOffset(blocks) : Q8WeightOffset(blocks);
}
std::size_t TileBytes(WeightType type, int tile_rows, int cols);
std::size_t SliceBytes(WeightType type, int slice_rows, int cols);  // all its tiles
std::size_t RawRowBytes(WeightType type, int cols);                 // one row as GGUF stores it

// Packs `rows` rows that lie one after the other in GGUF's layout into tiles.
void PackSlice(WeightType type, const std::byte* raw, int rows, int cols, std::byte* tiles);

// One row in GGUF's layout as f32.
void ReadRawRow(WeightType type, const std::byte* raw, int cols, float* out);

}  // namespace moebench
