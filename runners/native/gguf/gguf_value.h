// One metadata value of a GGUF file, kept as it stands in the file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace moebench {

// Numbers from the GGUF specification (ggml docs/gguf.md).
enum class GgufValueType : uint32_t {
  kUint8 = 0,
  kInt8 = 1,
  kUint16 = 2,
  kInt16 = 3,
  kUint32 = 4,
  kInt32 = 5,
  kFloat32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9,
  kUint64 = 10,
  kInt64 = 11,
  kFloat64 = 12,
};

// "u8", "string"...; "unknown" for any other number.
std::string_view NameOf(GgufValueType type);
// Bytes of one number or bool; 0 for strings, arrays and unknown types.
uint64_t BytesOf(GgufValueType type);
bool IsInteger(GgufValueType type);
bool IsFloat(GgufValueType type);

struct GgufValue {
  GgufValueType type;  // of the value, or of the elements of an array
  bool is_array = false;
  uint64_t count = 1;  // elements of an array
  // Strings as such; numbers and bools as the bytes of the file, count x BytesOf(type).
  std::variant<std::string, std::vector<std::string>> data;

  // Element i of numbers; the type must fit. An unsigned value above 2^63 - 1 reads as 2^63 - 1.
  int64_t IntAt(uint64_t i) const;
  double FloatAt(uint64_t i) const;
  std::string TypeText() const;  // "u32", "array of string"
};

}  // namespace moebench
