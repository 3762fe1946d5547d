// How a runner keeps keys and values of the positions so far. Names as in llama.cpp's
// --cache-type-k: f32, f16, q8_0.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace moebench {

enum class KvType {
  kF32,
  kF16,   // IEEE binary16
  kQ8_0,  // s8 in blocks of 32 elements of a head, one binary16 scale for each block
};

const std::vector<std::string>& KvTypeNames();
std::string NameOf(KvType type);
KvType KvTypeOf(std::string_view name);  // throws Error for another name

// Bytes of so many numbers of a position; whole blocks for q8_0.
constexpr int64_t KvBytes(KvType type, int64_t numbers) {
  if (type == KvType::kQ8_0) return numbers / 32 * 34;
  return numbers * (type == KvType::kF16 ? 2 : 4);
}

}  // namespace moebench
