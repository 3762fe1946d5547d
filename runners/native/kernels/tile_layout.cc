#include "runners/native/kernels/tile_layout.h"

#include <algorithm>
#include <cstring>

#include "runners/native/kernels/half.h"

namespace moebench {
namespace {

std::size_t FloatBytes(WeightType type) { return type == WeightType::kF32 ? 4 : 2; }

void PackQ8Tile(const std::byte* raw, int rows, int cols, std::byte* tile) {
  const std::size_t row_stride = RawRowBytes(WeightType::kQ8_0, cols);
  for (int row = 0; row < kTileRows; ++row) {
    for (int block = 0; block < cols / kQ8Block; ++block) {
      std::byte* scale = tile + Q8ScaleOffset(block) + row * 2;
      std::byte* out = tile + Q8WeightOffset(block) + row * 4;
      if (row >= rows) {
        std::memset(scale, 0, 2);
        for (int i = 0; i < kQ8Block; i += 4) std::memset(out + i * kTileRows, 0x80, 4);
        continue;
      }
      const std::byte* in = raw + static_cast<std::size_t>(row) * row_stride +
                            static_cast<std::size_t>(block) * kQ8BlockBytes;
      std::memcpy(scale, in, 2);
      for (int i = 0; i < kQ8Block; ++i) {
        out[(i / 4) * 4 * kTileRows + i % 4] = in[2 + i] ^ std::byte{0x80};
      }
    }
  }
}

int PaddedCols(int cols) { return (cols + 15) / 16 * 16; }

void PackFloatTile(WeightType type, const std::byte* raw, int rows, int cols, int tile_rows,
                   std::byte* tile) {
  const std::size_t bytes = FloatBytes(type), row_bytes = RawRowBytes(type, cols);
  std::memset(tile, 0, TileBytes(type, tile_rows, cols));
  for (int row = 0; row < rows; ++row) {
    const std::byte* in = raw + static_cast<std::size_t>(row) * row_bytes;
    std::byte* out = tile + static_cast<std::size_t>(row) * bytes;
    for (int c = 0; c < cols; ++c) {
      std::memcpy(out, in, bytes);
      in += bytes;
      out += static_cast<std::size_t>(tile_rows) * bytes;
    }
  }
}

}  // namespace

int TileRows(WeightType type, int slice_rows) {
  if (type == WeightType::kQ8_0) return kTileRows;
  const int units = (slice_rows + kTileRows - 1) / kTileRows;
  for (int width = 4; width > 1; --width) {
    if (units % width == 0) return width * kTileRows;
  }
  return kTileRows;
}

std::size_t TileBytes(WeightType type, int tile_rows, int cols) {
  const std::size_t rows = static_cast<std::size_t>(tile_rows);
  if (type == WeightType::kQ8_0) return static_cast<std::size_t>(Q8TileBytes(cols));
  return rows * static_cast<std::size_t>(PaddedCols(cols)) * FloatBytes(type);
}

std::size_t SliceBytes(WeightType type, int slice_rows, int cols) {
  const int tile_rows = TileRows(type, slice_rows);
  const int tiles = (slice_rows + tile_rows - 1) / tile_rows;
  return static_cast<std::size_t>(tiles) * TileBytes(type, tile_rows, cols);
}

std::size_t RawRowBytes(WeightType type, int cols) {
  const std::size_t n = static_cast<std::size_t>(cols);
  return type == WeightType::kQ8_0 ? n / kQ8Block * kQ8BlockBytes : n * FloatBytes(type);
}

void PackSlice(WeightType type, const std::byte* raw, int rows, int cols, std::byte* tiles) {
  const int tile_rows = TileRows(type, rows);
  for (int row = 0; row < rows; row += tile_rows) {
    const int here = std::min(tile_rows, rows - row);
    if (type == WeightType::kQ8_0) {
      PackQ8Tile(raw, here, cols, tiles);
    } else {
      PackFloatTile(type, raw, here, cols, tile_rows, tiles);
    }
    raw += static_cast<std::size_t>(here) * RawRowBytes(type, cols);
    tiles += TileBytes(type, tile_rows, cols);
  }
}

void ReadRawRow(WeightType type, const std::byte* raw, int cols, float* out) {
  for (int c = 0; c < cols; ++c) {
    if (type == WeightType::kF32) {
      std::memcpy(out + c, raw + c * 4, 4);
    } else if (type == WeightType::kQ8_0) {
      const std::byte* block = raw + static_cast<std::size_t>(c / kQ8Block) * kQ8BlockBytes;
      uint16_t scale;
      std::memcpy(&scale, block, 2);
      out[c] = F16ToF32(scale) * static_cast<float>(static_cast<int8_t>(block[2 + c % kQ8Block]));
    } else {
      uint16_t half;
      std::memcpy(&half, raw + c * 2, 2);
      out[c] = type == WeightType::kF16 ? F16ToF32(half) : Bf16ToF32(half);
    }
  }
}

}  // namespace moebench
