#include "runners/native/gguf/gguf_value.h"

#include <cstring>
#include <limits>

#include "harness/base/error.h"

namespace moebench {
namespace {

struct ValueTypeTraits {
  std::string_view name;
  uint64_t bytes;
};

constexpr ValueTypeTraits kTraits[] = {
    {"u8", 1},   {"i8", 1},     {"u16", 2},   {"i16", 2}, {"u32", 4}, {"i32", 4}, {"f32", 4},
    {"bool", 1}, {"string", 0}, {"array", 0}, {"u64", 8}, {"i64", 8}, {"f64", 8}};

ValueTypeTraits TraitsOf(GgufValueType type) {
  const auto number = static_cast<uint32_t>(type);
  return number < std::size(kTraits) ? kTraits[number] : ValueTypeTraits{"unknown", 0};
}

template <typename T>
T ElementAt(const GgufValue& value, uint64_t i) {
  const auto& bytes = std::get<std::string>(value.data);
  CHECK(i < value.count && bytes.size() == value.count * sizeof(T));
  T element;
  std::memcpy(&element, bytes.data() + i * sizeof(T), sizeof(T));
  return element;
}

}  // namespace

std::string_view NameOf(GgufValueType type) { return TraitsOf(type).name; }

uint64_t BytesOf(GgufValueType type) { return TraitsOf(type).bytes; }

bool IsFloat(GgufValueType type) {
  return type == GgufValueType::kFloat32 || type == GgufValueType::kFloat64;
}

bool IsInteger(GgufValueType type) {
  return BytesOf(type) > 0 && !IsFloat(type) && type != GgufValueType::kBool;
}

int64_t GgufValue::IntAt(uint64_t i) const {
  switch (type) {
    case GgufValueType::kUint8:
    case GgufValueType::kBool:
      return ElementAt<uint8_t>(*this, i);
    case GgufValueType::kInt8:
      return ElementAt<int8_t>(*this, i);
    case GgufValueType::kUint16:
      return ElementAt<uint16_t>(*this, i);
    case GgufValueType::kInt16:
      return ElementAt<int16_t>(*this, i);
    case GgufValueType::kUint32:
      return ElementAt<uint32_t>(*this, i);
    case GgufValueType::kInt32:
      return ElementAt<int32_t>(*this, i);
    case GgufValueType::kInt64:
      return ElementAt<int64_t>(*this, i);
    case GgufValueType::kUint64: {
      constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
      const auto element = ElementAt<uint64_t>(*this, i);
      return static_cast<int64_t>(element < kMost ? element : kMost);
    }
    default:
      CHECK(false && "not an integer");
      return 0;
  }
}

double GgufValue::FloatAt(uint64_t i) const {
  CHECK(IsFloat(type));
  return type == GgufValueType::kFloat32 ? double{ElementAt<float>(*this, i)}
                                         : ElementAt<double>(*this, i);
}

std::string GgufValue::TypeText() const {
  const std::string name(NameOf(type));
  return is_array ? "array of " + name : name;
}

}  // namespace moebench
