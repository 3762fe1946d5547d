#include "runners/native/gguf/gguf_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <optional>

#include "harness/base/error.h"
#include "runners/native/gguf/header_reader.h"

namespace moebench {
namespace {

constexpr uint64_t kMaxValues = 64 * 1024;
constexpr uint64_t kMaxKeyBytes = 64 * 1024;
constexpr uint64_t kMaxStringBytes = uint64_t{16} << 20;
constexpr uint64_t kMaxArrayElements = uint64_t{1} << 24;
constexpr uint64_t kMaxArrayStrings = uint64_t{1} << 22;  // of all arrays together
constexpr uint64_t kMaxTensors = 128 * 1024;
constexpr uint64_t kMaxTensorNameBytes = 64;
constexpr uint32_t kMaxDimensions = 4;
constexpr uint64_t kMaxAlignment = 65536;
constexpr char kDamaged[] = "the file is damaged";

// nullopt where the product does not fit into 63 bits; a, b >= 0.
std::optional<int64_t> CheckedMul(int64_t a, int64_t b) {
  int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

bool IsPlainText(const std::string& name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

GgufValueType ReadValueType(HeaderReader& in, const char* field) {
  const auto number = in.Read<uint32_t>(field);
  const auto type = static_cast<GgufValueType>(number);
  if (NameOf(type) == "unknown") {
    in.Fail(fmt::format("is {}, which GGUF gives to no type", number), kDamaged);
  }
  return type;
}

std::vector<std::string> ReadStrings(HeaderReader& in, uint64_t count) {
  std::vector<std::string> strings;
  strings.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    strings.push_back(in.ReadString("string of the array", kMaxStringBytes));
  }
  return strings;
}

GgufValue ReadArray(HeaderReader& in, uint64_t& strings_left) {
  GgufValue value{
      .type = ReadValueType(in, "element type"), .is_array = true, .count = 0, .data = {}};
  if (value.type == GgufValueType::kArray) in.Fail("is array: arrays of arrays are not read");
  value.count = in.Read<uint64_t>("element count");
  const bool strings = value.type == GgufValueType::kString;
  const uint64_t least_bytes = strings ? sizeof(uint64_t) : BytesOf(value.type);
  if (value.count > in.remaining() / least_bytes) {
    in.Fail(fmt::format("is {} of at least {} bytes each but {} bytes are left in the file",
                        value.count, least_bytes, in.remaining()),
            "the file is truncated or damaged");
  }
  if (value.count > kMaxArrayElements) {
    in.Fail(fmt::format("is {}, the limit is {}", value.count, kMaxArrayElements));
  }
  if (strings && value.count > strings_left) {
    in.Fail(fmt::format("is {}, the limit for strings is {} in all arrays together", value.count,
                        kMaxArrayStrings));
  }
  if (strings) {
    strings_left -= value.count;
    value.data = ReadStrings(in, value.count);
  } else {
    value.data = in.ReadBytes(value.count * BytesOf(value.type), "elements");
  }
  return value;
}

void CheckBools(HeaderReader& in, const GgufValue& value) {
  if (value.type != GgufValueType::kBool) return;
  for (uint64_t i = 0; i < value.count; ++i) {
    if (value.IntAt(i) > 1) {
      in.Fail(fmt::format("holds {} where a bool is 0 or 1", value.IntAt(i)), kDamaged);
    }
  }
}

GgufValue ReadValue(HeaderReader& in, uint64_t& strings_left) {
  const GgufValueType type = ReadValueType(in, "value type");
  if (type == GgufValueType::kArray) {
    GgufValue array = ReadArray(in, strings_left);
    CheckBools(in, array);
    return array;
  }
  GgufValue value{.type = type, .data = {}};
  value.data = type == GgufValueType::kString ? in.ReadString("value", kMaxStringBytes)
                                              : in.ReadBytes(BytesOf(type), "value");
  CheckBools(in, value);
  return value;
}

uint64_t CheckedAlignment(HeaderReader& in, const GgufValue& value) {
  if (value.type != GgufValueType::kUint32 || value.is_array) {
    in.Fail(fmt::format("is of type {}, not u32", value.TypeText()), kDamaged);
  }
  const auto alignment = static_cast<uint64_t>(value.IntAt(0));
  if (!std::has_single_bit(alignment) || alignment > kMaxAlignment) {
    in.Fail(fmt::format("is {}, not a power of two from 1 to {}", alignment, kMaxAlignment),
            kDamaged);
  }
  return alignment;
}

void ReadValues(HeaderReader& in, uint64_t count, GgufHeader& header) {
  uint64_t strings_left = kMaxArrayStrings;
  for (uint64_t i = 0; i < count; ++i) {
    const std::string place = fmt::format("metadata {} of {}", i + 1, count);
    in.SetContext(place);
    std::string key = in.ReadString("key", kMaxKeyBytes);
    if (key.empty()) in.Fail("is empty", kDamaged);
    if (!IsPlainText(key)) in.Fail(Quoted(key) + " is no plain ASCII", kDamaged);
    if (header.values.contains(key)) in.Fail(Quoted(key) + " stands there twice", kDamaged);
    in.SetContext(fmt::format("{} ({})", place, Quoted(key)));
    GgufValue value = ReadValue(in, strings_left);
    if (key == "general.alignment") header.alignment = CheckedAlignment(in, value);
    header.values.emplace(std::move(key), std::move(value));
  }
}

std::vector<int64_t> ReadShape(HeaderReader& in) {
  const auto dimensions = in.Read<uint32_t>("dimension count");
  if (dimensions < 1 || dimensions > kMaxDimensions) {
    in.Fail(fmt::format("is {}, not 1 to {}", dimensions, kMaxDimensions), kDamaged);
  }
  std::vector<int64_t> shape;
  int64_t elements = 1;
  for (uint32_t i = 0; i < dimensions; ++i) {
    const auto ne = in.Read<uint64_t>("dimension");
    if (ne < 1 || ne > uint64_t{std::numeric_limits<int64_t>::max()}) {
      in.Fail(fmt::format("is {}, not 1 to 2^63 - 1", ne), kDamaged);
    }
    const auto product = CheckedMul(elements, static_cast<int64_t>(ne));
    if (!product) in.Fail(fmt::format("{} makes more than 2^63 - 1 elements", ne), kDamaged);
    elements = *product;
    shape.push_back(static_cast<int64_t>(ne));
  }
  return shape;
}

// Type, byte size from type and shape, and the offset (still from the start of the data).
void ReadTypeAndPlace(HeaderReader& in, uint64_t alignment, TensorInfo& tensor) {
  const auto number = in.Read<uint32_t>("type");
  const TensorTypeTraits* traits = FindTensorType(number);
  if (traits == nullptr) {
    in.Fail(fmt::format("is {}, a number that no tensor type we know has", number),
            "the file is damaged or newer than this program");
  }
  tensor.type = traits->type;
  if (tensor.shape[0] % traits->block_elements != 0) {
    in.Fail(fmt::format("is {}, whose blocks of {} don't divide rows of {}", traits->name,
                        traits->block_elements, tensor.shape[0]),
            kDamaged);
  }
  const auto bytes =
      CheckedMul(tensor.ElementCount() / traits->block_elements, traits->block_bytes);
  if (!bytes) in.Fail(fmt::format("{} makes more than 2^63 - 1 bytes", traits->name), kDamaged);
  tensor.size_bytes = static_cast<uint64_t>(*bytes);
  tensor.offset_bytes = in.Read<uint64_t>("offset");
  if (tensor.offset_bytes % alignment != 0) {
    in.Fail(fmt::format("is {}, no multiple of the alignment {}", tensor.offset_bytes, alignment),
            kDamaged);
  }
}

void ReadTensors(HeaderReader& in, uint64_t count, GgufHeader& header) {
  for (uint64_t i = 0; i < count; ++i) {
    const std::string place = fmt::format("tensor {} of {}", i + 1, count);
    in.SetContext(place);
    TensorInfo tensor;
    tensor.name = in.ReadString("name", kMaxTensorNameBytes);
    if (tensor.name.empty()) in.Fail("is empty", kDamaged);
    if (!IsPlainText(tensor.name)) in.Fail(Quoted(tensor.name) + " is no plain ASCII", kDamaged);
    if (!header.tensor_index.emplace(tensor.name, header.tensors.size()).second) {
      in.Fail(Quoted(tensor.name) + " stands there twice", kDamaged);
    }
    in.SetContext(fmt::format("{} ({})", place, Quoted(tensor.name)));
    tensor.shape = ReadShape(in);
    ReadTypeAndPlace(in, header.alignment, tensor);
    header.tensors.push_back(std::move(tensor));
  }
}

// Every tensor within the file and none upon another; makes offsets count from the file's start.
void PlaceTensors(GgufHeader& header, uint64_t file_bytes, const std::string& path) {
  if (header.tensors.empty()) return;
  const auto fail = [&](const TensorInfo& tensor, const std::string& problem) {
    throw Error{fmt::format("tensor {}: {}", Quoted(tensor.name), problem), path,
                "the file is truncated or damaged"};
  };
  const uint64_t data_bytes = file_bytes - std::min(file_bytes, header.data_begin);
  for (TensorInfo& tensor : header.tensors) {
    if (tensor.offset_bytes > data_bytes || tensor.size_bytes > data_bytes - tensor.offset_bytes) {
      fail(tensor,
           fmt::format("its {} bytes at {} of the data reach past the end of the data, "
                       "which from byte {} of the file has {} bytes",
                       tensor.size_bytes, tensor.offset_bytes, header.data_begin, data_bytes));
    }
    tensor.offset_bytes += header.data_begin;
  }
  std::vector<const TensorInfo*> sorted;
  for (const TensorInfo& tensor : header.tensors) sorted.push_back(&tensor);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->offset_bytes < b->offset_bytes; });
  for (size_t i = 1; i < sorted.size(); ++i) {
    const TensorInfo& before = *sorted[i - 1];
    if (sorted[i]->offset_bytes - before.offset_bytes < before.size_bytes) {
      fail(*sorted[i], fmt::format("begins at byte {}, within tensor {}", sorted[i]->offset_bytes,
                                   Quoted(before.name)));
    }
  }
}

uint32_t ReadVersion(HeaderReader& in) {
  if (in.remaining() == 0) in.FailField("magic", "is missing: the file is empty");
  const std::string magic = in.ReadBytes(std::min<uint64_t>(4, in.remaining()), "magic");
  if (magic != "GGUF") in.Fail("is " + Quoted(magic) + ", not 'GGUF'", "name a .gguf model file");
  const auto version = in.Read<uint32_t>("version");
  if (version == 2 || version == 3) return version;
  if (version != 0 && (version & 0xffff) == 0) {
    in.Fail(fmt::format("is {:#x}: the file is big-endian", version),
            "convert it to little endian (gguf-py's gguf_convert_endian.py)");
  }
  in.Fail(fmt::format("is {}, only 2 and 3 are read", version),
          version == 1 ? "convert the model again with a llama.cpp of after October 2023" : "");
}

}  // namespace

int64_t TensorInfo::ElementCount() const {
  int64_t count = 1;
  for (const int64_t ne : shape) count *= ne;
  return count;
}

GgufHeader ReadGgufHeader(int fd, uint64_t file_bytes, const std::string& path) {
  HeaderReader in(fd, file_bytes, path);
  GgufHeader header;
  header.version = ReadVersion(in);
  const auto tensor_count = in.Read<uint64_t>("tensor count");
  if (tensor_count > kMaxTensors) {
    in.Fail(fmt::format("is {}, the limit is {}", tensor_count, kMaxTensors), kDamaged);
  }
  const auto value_count = in.Read<uint64_t>("metadata count");
  if (value_count > kMaxValues) {
    in.Fail(fmt::format("is {}, the limit is {}", value_count, kMaxValues), kDamaged);
  }
  ReadValues(in, value_count, header);
  ReadTensors(in, tensor_count, header);
  const uint64_t past = in.position() % header.alignment;
  header.data_begin = in.position() + (past == 0 ? 0 : header.alignment - past);
  PlaceTensors(header, file_bytes, path);
  return header;
}

}  // namespace moebench
