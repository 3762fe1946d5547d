#include "runners/native/synth/random_blocks.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "harness/base/error.h"
#include "harness/base/rng.h"

namespace moebench {
namespace {

uint16_t Half(double value) { return std::bit_cast<uint16_t>(static_cast<_Float16>(value)); }

void Put16(std::byte* to, uint16_t value) { std::memcpy(to, &value, sizeof value); }

void FillBytes(Rng& rng, std::span<std::byte> bytes) {
  size_t at = 0;
  for (; at + sizeof(uint64_t) <= bytes.size(); at += sizeof(uint64_t)) {
    const uint64_t word = rng.Next();
    std::memcpy(bytes.data() + at, &word, sizeof word);
  }
  const uint64_t word = rng.Next();
  std::memcpy(bytes.data() + at, &word, bytes.size() - at);
}

// Calls write(place of element i, 16 random bits).
template <typename Write>
void ForEachElement(Rng& rng, std::span<std::byte> bytes, size_t element_bytes, Write write) {
  uint64_t word = 0;
  for (size_t at = 0, i = 0; at + element_bytes <= bytes.size(); at += element_bytes, ++i) {
    word = i % 4 == 0 ? rng.Next() : word >> 16;
    write(bytes.data() + at, static_cast<uint16_t>(word));
  }
}

// Floats of 16 random bits, uniform over what gives the deviation: [-sqrt(3), sqrt(3)] x stddev.
void FillFloats(TensorType type, double stddev, Rng& rng, std::span<std::byte> bytes) {
  const float unit = static_cast<float>(stddev * std::sqrt(3.0) / 32768);
  const auto value = [unit](uint16_t random) {
    return unit * (static_cast<float>(random) - 32767.5f);
  };
  if (type == TensorType::kF32) {
    ForEachElement(rng, bytes, 4, [&](std::byte* to, uint16_t random) {
      const float f = value(random);
      std::memcpy(to, &f, sizeof f);
    });
  } else if (type == TensorType::kBF16) {
    ForEachElement(rng, bytes, 2, [&](std::byte* to, uint16_t random) {
      const uint32_t bits = std::bit_cast<uint32_t>(value(random)) + 0x8000;
      Put16(to, static_cast<uint16_t>(bits >> 16));
    });
  } else {
    std::vector<uint16_t> halves(
        65536);  // all there are: the conversion has no fast form everywhere
    for (size_t i = 0; i < halves.size(); ++i) halves[i] = Half(value(static_cast<uint16_t>(i)));
    ForEachElement(rng, bytes, 2,
                   [&](std::byte* to, uint16_t random) { Put16(to, halves[random]); });
  }
}

double Deviation(std::span<const double> values) {  // root mean square
  double sum = 0;
  for (const double v : values) sum += v * v;
  return std::sqrt(sum / static_cast<double>(values.size()));
}

// Of n equally likely numbers first, first + 1, ...; around 0, not around their mean.
double Spread(double first, int n) {
  std::vector<double> values;
  for (int i = 0; i < n; ++i) values.push_back(first + i);
  return Deviation(values);
}

// IQ4_NL's codebook, and the magnitudes of FP4 (E2M1).
constexpr double kIq4Values[] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                 1,    13,   25,  38,  53,  69,  89,  113};
constexpr double kFp4Values[] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};

// Random bytes that are to become blocks.
struct Blocks {
  std::span<std::byte> bytes;
  size_t block_bytes;

  template <typename Change>
  void ForEach(Change change) const {
    for (size_t at = 0; at < bytes.size(); at += block_bytes) change(bytes.data() + at);
  }
  // Quants that aren't symmetric (Q4_0 has -8..7) get a scale whose sign is drawn for each block,
  // as real ones have it; else their small mean would add up over the inputs.
  void PutSignedScale(size_t place, double scale) const {
    const uint16_t plus = Half(scale), minus = Half(-scale);
    ForEach([&](std::byte* block) {
      const bool coin = (static_cast<unsigned>(block[place]) & 1) != 0;
      Put16(block + place, coin ? plus : minus);
    });
  }
  void PutPair(size_t place, double first, double second) const {
    const uint16_t a = Half(first), b = Half(second);
    ForEach([&](std::byte* block) {
      Put16(block + place, a);
      Put16(block + place + 2, b);
    });
  }
};

// The 8 scales and 8 minima of Q4_K and Q5_K, 6 bits each in 12 bytes: minima equal to scales, both
// 32 to 63. Bytes 0-3 and 4-7 hold the low six bits of numbers 0-3 and, above, the high two of
// numbers 4-7; the low nibbles of 8-11 the rest of the scales, the high nibbles that of the minima.
void PutEqualMinima(std::byte* packed) {
  for (int i = 0; i < 4; ++i) {
    packed[i] |= std::byte{0xa0};
    packed[i + 4] = packed[i];
    const std::byte low = packed[i + 8] & std::byte{0x0f};
    packed[i + 8] = low | (low << 4);
  }
}

// An exponent of each block such that the mean square of the scales is right.
void PutExponents(const Blocks& blocks, double scale) {
  const int exponent = std::ilogb(scale);
  const double excess = std::pow(scale / std::ldexp(1.0, exponent), 2);  // 1 to 4
  const unsigned doubled_of_256 = static_cast<unsigned>(256 * (excess - 1) / 3);
  blocks.ForEach([&](std::byte* block) {
    const bool doubled = static_cast<unsigned>(block[0]) < doubled_of_256;
    block[0] = static_cast<std::byte>(exponent + 127 + (doubled ? 1 : 0));
  });
}

void FinishBlocks(TensorType type, double stddev, const Blocks& blocks) {
  const double six_bits = Spread(-32, 64), positive_six_bits = Spread(32, 32);
  switch (type) {
    case TensorType::kQ8_0:
      for (std::byte& quant : blocks.bytes) {  // a quantiser never gives -128
        quant = quant == std::byte{0x80} ? std::byte{0} : quant;
      }
      return blocks.PutSignedScale(0, stddev / Spread(-127, 255));
    case TensorType::kQ4_0:
      return blocks.PutSignedScale(0, stddev / Spread(-8, 16));
    case TensorType::kQ5_0:
      return blocks.PutSignedScale(0, stddev / Spread(-16, 32));
    case TensorType::kIQ4_NL:
      return blocks.PutSignedScale(0, stddev / Deviation(kIq4Values));
    case TensorType::kQ4_1: {
      const double scale = stddev / Spread(-7.5, 16);
      return blocks.PutPair(0, scale, -7.5 * scale);
    }
    case TensorType::kQ5_1: {
      const double scale = stddev / Spread(-15.5, 32);
      return blocks.PutPair(0, scale, -15.5 * scale);
    }
    case TensorType::kQ2_K: {
      // 16 scales and minima of 4 bits: equal, 8 to 15.
      blocks.ForEach([](std::byte* block) {
        for (int i = 0; i < 16; ++i) {
          const std::byte low = (block[i] & std::byte{0x0f}) | std::byte{0x08};
          block[i] = low | (low << 4);
        }
      });
      const double scale = stddev / (Spread(-1.5, 4) * Spread(8, 8));
      return blocks.PutPair(80, scale, 1.5 * scale);
    }
    case TensorType::kQ4_K: {
      blocks.ForEach([](std::byte* block) { PutEqualMinima(block + 4); });
      const double scale = stddev / (Spread(-7.5, 16) * positive_six_bits);
      return blocks.PutPair(0, scale, 7.5 * scale);
    }
    case TensorType::kQ5_K: {
      blocks.ForEach([](std::byte* block) { PutEqualMinima(block + 4); });
      const double scale = stddev / (Spread(-15.5, 32) * positive_six_bits);
      return blocks.PutPair(0, scale, 15.5 * scale);
    }
    case TensorType::kQ3_K:
      return blocks.PutSignedScale(108, stddev / (Spread(-4, 8) * six_bits));
    case TensorType::kQ6_K:
      return blocks.PutSignedScale(208, stddev / (Spread(-32, 64) * Spread(-128, 256)));
    case TensorType::kIQ4_XS:
      return blocks.PutSignedScale(0, stddev / (Deviation(kIq4Values) * six_bits));
    case TensorType::kMXFP4:
      return PutExponents(blocks, stddev / Deviation(kFp4Values));
    default:
      CHECK(!"a type that CanFillRandom refuses");
  }
}

}  // namespace

bool CanFillRandom(TensorType type) {
  switch (type) {
    case TensorType::kF32:
    case TensorType::kF16:
    case TensorType::kBF16:
    case TensorType::kQ8_0:
    case TensorType::kQ4_0:
    case TensorType::kQ4_1:
    case TensorType::kQ5_0:
    case TensorType::kQ5_1:
    case TensorType::kQ2_K:
    case TensorType::kQ3_K:
    case TensorType::kQ4_K:
    case TensorType::kQ5_K:
    case TensorType::kQ6_K:
    case TensorType::kIQ4_NL:
    case TensorType::kIQ4_XS:
    case TensorType::kMXFP4:
      return true;
    default:
      return false;
  }
}

void FillRandomBlocks(TensorType type, double stddev, uint64_t seed, std::span<std::byte> bytes) {
  const size_t block_bytes = static_cast<size_t>(TraitsOf(type).block_bytes);
  CHECK(CanFillRandom(type) && bytes.size() % block_bytes == 0);
  Rng rng(seed);
  if (TraitsOf(type).block_elements == 1) {
    FillFloats(type, stddev, rng, bytes);
  } else {
    FillBytes(rng, bytes);
    FinishBlocks(type, stddev, {bytes, block_bytes});
  }
}

}  // namespace moebench
