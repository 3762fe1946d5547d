#include "runners/native/kernels/tile_layout.h"

#include <algorithm>
#include <cstring>

#include "runners/native/kernels/quant_pack.h"

namespace moebench {
namespace {

std::size_t FloatBytes(WeightType type) { return type == WeightType::kF32 ? 4 : 2; }

int PaddedCols(int cols) { return (cols + 15) / 16 * 16; }

void PackFloatTile(WeightType type, const std::byte* raw, int rows, int cols, int tile_rows,
                   std::byte* tile) {
  const std::size_t bytes = FloatBytes(type), row_bytes = RawRowBytes(type, cols);
  std::memset(tile, 0, TileBytes(type, tile_rows, cols));
  for (int row = 0; row < rows; ++row) {
    const std::byte* in = raw + static_cast<std::size_t>(row) * row_bytes;
    const std::size_t step = static_cast<std::size_t>(tile_rows) * bytes;
    if (type == WeightType::kBF16Pairs) {
      std::byte* out = tile + static_cast<std::size_t>(row) * 4;
      for (int c = 0; c < cols; c += 2, in += 4, out += 2 * step) {
        std::memcpy(out, in, c + 1 < cols ? 4 : 2);
      }
      continue;
    }
    std::byte* out = tile + static_cast<std::size_t>(row) * bytes;
    for (int c = 0; c < cols; ++c, in += bytes, out += step) std::memcpy(out, in, bytes);
  }
}

}  // namespace

int TileRows(WeightType type, int slice_rows) {
  if (IsQuantised(type)) return kTileRows;
  const int units = (slice_rows + kTileRows - 1) / kTileRows;
  for (int width = 4; width > 1; --width) {
    if (units % width == 0) return width * kTileRows;
  }
  return kTileRows;
}

std::size_t TileBytes(WeightType type, int tile_rows, int cols) {
  const std::size_t rows = static_cast<std::size_t>(tile_rows);
  if (IsQuantised(type)) return static_cast<std::size_t>(QuantLayoutOf(type).TileBytes(cols));
  return rows * static_cast<std::size_t>(PaddedCols(cols)) * FloatBytes(type);
}

std::size_t SliceBytes(WeightType type, int slice_rows, int cols) {
  const int tile_rows = TileRows(type, slice_rows);
  const int tiles = (slice_rows + tile_rows - 1) / tile_rows;
  return static_cast<std::size_t>(tiles) * TileBytes(type, tile_rows, cols);
}

void PackSlice(WeightType type, const std::byte* raw, int rows, int cols, std::byte* tiles) {
  const int tile_rows = TileRows(type, rows);
  for (int row = 0; row < rows; row += tile_rows) {
    const int here = std::min(tile_rows, rows - row);
    if (IsQuantised(type)) {
      PackQuantTile(type, raw, RawRowBytes(type, cols), here, cols, tiles);
    } else {
      PackFloatTile(type, raw, here, cols, tile_rows, tiles);
    }
    raw += static_cast<std::size_t>(here) * RawRowBytes(type, cols);
    tiles += TileBytes(type, tile_rows, cols);
  }
}

}  // namespace moebench
