#include "runners/native/kernels/quant_pack.h"

#include <cstdint>
#include <cstring>

namespace moebench {
namespace {

constexpr uint32_t kNibbles = 0x0f0f0f0fu, kTwoBits = 0x03030303u, kOneBit = 0x01010101u;

uint32_t Word(const std::byte* p) {
  uint32_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}
uint8_t Byte(const std::byte* p) { return std::to_integer<uint8_t>(*p); }

// The codes of one block of 32 inputs, four in a word.
struct CodeWords {
  uint32_t group[8];
};

// 16 bytes whose low nibbles are inputs 0..15 and whose high ones are 16..31.
void AddPairedNibbles(const std::byte* p, CodeWords& codes) {
  for (int i = 0; i < 4; ++i) {
    codes.group[i] |= Word(p + 4 * i) & kNibbles;
    codes.group[i + 4] |= Word(p + 4 * i) >> 4 & kNibbles;
  }
}
// 32 bytes in which input i of the block is `bits` bits of byte i from bit `shift` on.
void AddPlane(const std::byte* p, int shift, uint32_t mask, int to, CodeWords& codes) {
  for (int g = 0; g < 8; ++g) codes.group[g] |= (Word(p + 4 * g) >> shift & mask) << to;
}
// 32 bits, one for each input.
void AddFifthBits(const std::byte* p, CodeWords& codes) {
  const uint32_t bits = Word(p);
  for (int g = 0; g < 8; ++g) {
    const uint32_t four = bits >> (4 * g);
    codes.group[g] |= ((four & 1) | (four & 2) << 7 | (four & 4) << 14 | (four & 8) << 21) << 4;
  }
}

// Block b of 32 inputs within the GGUF block at p, which has 32 or 256.
CodeWords CodesOf(WeightType type, const std::byte* p, int b) {
  CodeWords codes{};
  const int half = b / 4, quarter = b % 4;
  switch (type) {
    case WeightType::kQ8_0:
      for (int g = 0; g < 8; ++g) codes.group[g] = Word(p + 2 + 4 * g) ^ 0x80808080u;
      break;
    case WeightType::kQ4_0:
    case WeightType::kIQ4_NL:
      AddPairedNibbles(p + 2, codes);
      break;
    case WeightType::kQ4_1:
      AddPairedNibbles(p + 4, codes);
      break;
    case WeightType::kMXFP4:
      AddPairedNibbles(p + 1, codes);
      break;
    case WeightType::kQ5_0:
      AddPairedNibbles(p + 6, codes);
      AddFifthBits(p + 2, codes);
      break;
    case WeightType::kQ5_1:
      AddPairedNibbles(p + 8, codes);
      AddFifthBits(p + 4, codes);
      break;
    case WeightType::kIQ4_XS:
      AddPairedNibbles(p + 8 + 16 * b, codes);
      break;
    case WeightType::kQ4_K:
      AddPlane(p + 16 + 32 * (b / 2), 4 * (b % 2), kNibbles, 0, codes);
      break;
    case WeightType::kQ5_K:
      AddPlane(p + 48 + 32 * (b / 2), 4 * (b % 2), kNibbles, 0, codes);
      AddPlane(p + 16, b, kOneBit, 4, codes);
      break;
    case WeightType::kQ6_K:
      AddPlane(p + 64 * half + 32 * (quarter % 2), 4 * (quarter / 2), kNibbles, 0, codes);
      AddPlane(p + 128 + 32 * half, 2 * quarter, kTwoBits, 4, codes);
      break;
    case WeightType::kQ2_K:
      AddPlane(p + 16 + 32 * half, 2 * quarter, kTwoBits, 0, codes);
      break;
    case WeightType::kQ3_K:
      AddPlane(p + 32 + 32 * half, 2 * quarter, kTwoBits, 0, codes);
      AddPlane(p, b, kOneBit, 2, codes);
      break;
    default:
      break;
  }
  return codes;
}

void Put(std::byte* p, uint32_t word) { std::memcpy(p, &word, sizeof word); }

void PutNibbles(const CodeWords& codes, std::byte* out) {
  for (int i = 0; i < 4; ++i) {
    Put(out + 64 * i, (codes.group[i] & kNibbles) | (codes.group[i + 4] & kNibbles) << 4);
  }
}
void PutOneBit(const CodeWords& codes, int bit, std::byte* out) {
  uint32_t word = 0;
  for (int g = 0; g < 8; ++g) word |= (codes.group[g] >> bit & kOneBit) << g;
  Put(out, word);
}
void PutTwoBits(const CodeWords& codes, int bit, std::byte* out) {
  for (int i = 0; i < 2; ++i) {
    uint32_t word = 0;
    for (int g = 0; g < 4; ++g) word |= (codes.group[4 * i + g] >> bit & kTwoBits) << (2 * g);
    Put(out + 64 * i, word);
  }
}

// out: the row's four bytes in the block's first vector.
void PutCodes(WeightType type, const CodeWords& codes, std::byte* out) {
  switch (type) {
    case WeightType::kQ8_0:
      for (int g = 0; g < 8; ++g) Put(out + 64 * g, codes.group[g]);
      return;
    case WeightType::kQ2_K:
      return PutTwoBits(codes, 0, out);
    case WeightType::kQ3_K:
      PutTwoBits(codes, 0, out);
      return PutOneBit(codes, 2, out + 128);
    case WeightType::kQ5_0:
    case WeightType::kQ5_1:
    case WeightType::kQ5_K:
      PutNibbles(codes, out);
      return PutOneBit(codes, 4, out + 256);
    case WeightType::kQ6_K:
      PutNibbles(codes, out);
      return PutTwoBits(codes, 4, out + 256);
    default:
      return PutNibbles(codes, out);
  }
}

// Six bits of value i of a tile's chunk (quant_layout.h).
void PutSix(std::byte* sixes, int i, int value) {
  if (i < 192) {
    sixes[i] = (sixes[i] & std::byte{0xc0}) | std::byte(value);
    return;
  }
  for (int part = 0; part < 3; ++part) {
    std::byte& byte = sixes[i - 192 + 64 * part];
    byte = (byte & std::byte{0x3f}) | std::byte((value >> (2 * part) & 3) << 6);
  }
}

void PutQ4KScales(const std::byte* p, int row, std::byte* header) {
  std::memcpy(header + row * 2, p, 2);
  std::memcpy(header + 32 + row * 2, p + 2, 2);
  const std::byte* s = p + 4;
  for (int j = 0; j < 8; ++j) {
    int scale = Byte(s + j) & 63, min = Byte(s + (j + 4) % 12) & 63;
    if (j >= 4) {
      scale = (Byte(s + j + 4) & 15) | (Byte(s + j - 4) >> 6) << 4;
      min = Byte(s + j + 4) >> 4 | (Byte(s + j) >> 6) << 4;
    }
    PutSix(header + 64, j * 16 + row, scale);
    PutSix(header + 64, (j + 8) * 16 + row, min);
  }
}

void PutQ3KScales(const std::byte* p, int row, std::byte* header) {
  std::memcpy(header + row * 2, p + 108, 2);
  for (int j = 0; j < 16; ++j) {
    const int low = Byte(p + 96 + j % 8) >> (4 * (j / 8)) & 15;
    const int high = Byte(p + 104 + j % 4) >> (2 * (j / 4)) & 3;
    PutSix(header + 64, j * 16 + row, low | high << 4);
  }
}

void PutIq4XsScales(const std::byte* p, int row, std::byte* header) {
  std::memcpy(header + row * 2, p, 2);
  const int high = Byte(p + 2) | Byte(p + 3) << 8;
  for (int j = 0; j < 8; ++j) {
    const int scale = (Byte(p + 4 + j / 2) >> (4 * (j % 2)) & 15) | (high >> (2 * j) & 3) << 4;
    header[64 + j * 16 + row] = static_cast<std::byte>(static_cast<int8_t>(scale - 32));
  }
}

// The scales of the GGUF block at p; block: which of the chunk it is, where it has only 32 inputs.
void PutScales(WeightType type, const std::byte* p, int block, int row, std::byte* header) {
  switch (type) {
    case WeightType::kMXFP4:
      header[block * 16 + row] = *p;
      return;
    case WeightType::kQ4_1:
    case WeightType::kQ5_1:
      std::memcpy(header + 64 + block * 32 + row * 2, p + 2, 2);
      [[fallthrough]];
    case WeightType::kQ8_0:
    case WeightType::kQ4_0:
    case WeightType::kQ5_0:
    case WeightType::kIQ4_NL:
      std::memcpy(header + block * 32 + row * 2, p, 2);
      return;
    case WeightType::kQ4_K:
    case WeightType::kQ5_K:
      return PutQ4KScales(p, row, header);
    case WeightType::kQ3_K:
      return PutQ3KScales(p, row, header);
    case WeightType::kIQ4_XS:
      return PutIq4XsScales(p, row, header);
    case WeightType::kQ6_K:
      std::memcpy(header + row * 2, p + 208, 2);
      for (int j = 0; j < 16; ++j) header[64 + j * 16 + row] = p[192 + j];
      return;
    case WeightType::kQ2_K:
      std::memcpy(header + row * 2, p + 80, 2);
      std::memcpy(header + 32 + row * 2, p + 82, 2);
      for (int j = 0; j < 16; ++j) header[64 + j * 16 + row] = p[j];
      return;
    default:
      return;
  }
}

}  // namespace

void PackQuantTile(WeightType type, const std::byte* raw, std::size_t row_bytes, int rows, int cols,
                   std::byte* tile) {
  const QuantLayout layout = QuantLayoutOf(type);
  const WeightTraits& traits = TraitsOf(type);
  if (rows < kTileRows) std::memset(tile, 0, static_cast<std::size_t>(layout.TileBytes(cols)));
  const int raw_blocks = cols / traits.block_elements;  // of a row
  const int blocks_each = traits.block_elements / kQuantBlock;
  const int raw_of_chunk = layout.chunk_blocks / blocks_each;
  for (int first = 0; first < raw_blocks; first += raw_of_chunk) {
    const int here = raw_blocks - first < raw_of_chunk ? raw_blocks - first : raw_of_chunk;
    std::memset(tile, 0, static_cast<std::size_t>(layout.header_bytes));
    std::byte* codes = tile + layout.header_bytes;
    for (int row = 0; row < rows; ++row) {
      const std::byte* p = raw + static_cast<std::size_t>(row) * row_bytes +
                           static_cast<std::ptrdiff_t>(first) * traits.block_bytes;
      for (int i = 0; i < here; ++i, p += traits.block_bytes) {
        PutScales(type, p, i, row, tile);
        for (int b = 0; b < blocks_each; ++b) {
          PutCodes(type, CodesOf(type, p, b),
                   codes + (i * blocks_each + b) * layout.block_bytes + row * 4);
        }
      }
    }
    tile = codes + std::ptrdiff_t{here} * blocks_each * layout.block_bytes;
  }
}

}  // namespace moebench
