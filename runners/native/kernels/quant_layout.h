// How packed quantised weights lie in memory: tiles of 16 output rows, so that one vector holds
// four inputs of each of 16 rows and a product needs no sum across lanes (vpdpbusd adds the four).
// Rows beyond the last are zero.
//
// A tile is a run of chunks; a chunk holds some blocks of 32 inputs: a header with the scales of
// all of them, then each block's codes. With g = 0..7 the group of inputs 4g..4g+3 of a block:
//   8 bits  [8][16][4]   one vector of 64 bytes a group
//   4 bits  [4][16][4]   low nibbles groups 0..3, high nibbles groups 4..7
//   5th bit [16][4]      bit g of a byte belongs to group g
//   5th and 6th, 2 bits [2][16][4]   bits 2 (g % 4) and above of vector g / 4
//   3rd bit [16][4]      bit g
// One stream, in the order it is read, so that the cpu's own prefetching does.
//
// type            header of a chunk                                          then each block
// Q8_0            [2][16] binary16 d                                         8 bits, +128
// Q4_0 IQ4_NL     [2][16] d                                                  4 bits
// Q4_1            [2][16] d, [2][16] m                                       4 bits
// Q5_0, Q5_1      as Q4_0, Q4_1                                              4 bits, 5th bit
// MXFP4           [4][16] E8M0 exponents                                     4 bits
// Q4_K, Q5_K      [16] d, [16] dmin, 192 bytes of sixes: [8][16] sc, [8][16] m   4 bits (, 5th)
// Q6_K            [16] d, 32 unused, [16][16] s8 sc (one for 16 inputs)      4 bits, 5th and 6th
// Q3_K            [16] d, 32 unused, 192 bytes of sixes: [16][16] sc         2 bits, 3rd bit
// Q2_K            [16] d, [16] dmin, [16][16] sc | m << 4                    2 bits
// IQ4_XS          [16] d, 32 unused, [8][16] s8 sc                           4 bits
// Sixes: 256 values of 6 bits in 192 bytes; the low six bits of byte i are value i, the high two
// of bytes i, i + 64 and i + 128 are value 192 + i from its lowest bits up.
#pragma once

#include <cstddef>

#include "runners/native/kernels/weight_type.h"

namespace moebench {

inline constexpr int kTileRows = 16;
inline constexpr int kQuantBlock = 32;  // inputs that are multiplied before a scale is applied

struct QuantLayout {
  int chunk_blocks;  // blocks of 32 inputs
  int header_bytes;
  int block_bytes;

  constexpr std::ptrdiff_t TileBytes(int cols) const {
    const int blocks = cols / kQuantBlock, chunks = (blocks + chunk_blocks - 1) / chunk_blocks;
    return std::ptrdiff_t{chunks} * header_bytes + std::ptrdiff_t{blocks} * block_bytes;
  }
};

constexpr QuantLayout QuantLayoutOf(WeightType type) {
  switch (type) {
    case WeightType::kQ8_0:
      return {2, 64, 512};
    case WeightType::kQ4_0:
    case WeightType::kIQ4_NL:
      return {2, 64, 256};
    case WeightType::kQ4_1:
      return {2, 128, 256};
    case WeightType::kQ5_0:
      return {2, 64, 320};
    case WeightType::kQ5_1:
      return {2, 128, 320};
    case WeightType::kMXFP4:
      return {4, 64, 256};
    case WeightType::kQ2_K:
      return {8, 320, 128};
    case WeightType::kQ3_K:
      return {8, 256, 192};
    case WeightType::kQ4_K:
      return {8, 256, 256};
    case WeightType::kQ5_K:
      return {8, 256, 320};
    case WeightType::kQ6_K:
      return {8, 320, 384};
    case WeightType::kIQ4_XS:
      return {8, 192, 256};
    case WeightType::kF32:
    case WeightType::kF16:
    case WeightType::kBF16:
    case WeightType::kBF16Pairs:
      break;
  }
  return {1, 0, 0};
}

}  // namespace moebench
