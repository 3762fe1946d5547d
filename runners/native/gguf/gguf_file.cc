#include "runners/native/gguf/gguf_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "harness/base/error.h"
#include "runners/native/gguf/header_reader.h"
#include "runners/native/gguf/split_model.h"

namespace moebench {
namespace {

bool IsString(GgufValueType type) { return type == GgufValueType::kString; }
bool IsBool(GgufValueType type) { return type == GgufValueType::kBool; }

std::span<const int64_t> WithoutTrailingOnes(std::span<const int64_t> shape) {
  while (!shape.empty() && shape.back() == 1) shape = shape.first(shape.size() - 1);
  return shape;
}

}  // namespace

GgufFile GgufFile::Open(const std::filesystem::path& path) {
  GgufFile gguf(path.string(), OpenAllParts(path));
  gguf.architecture_ = gguf.GetString("general.architecture", "");
  return gguf;
}

GgufFile::GgufFile(std::string path, std::vector<GgufPart> parts)
    : path_(std::move(path)),
      parts_(std::move(parts)),
      header_(std::move(parts_.front().header())) {
  for (size_t i = 1; i < parts_.size(); ++i) AddTensorsOf(i);
  for (const GgufPart& part : parts_) file_bytes_ += part.bytes().size();
  if (parts_.size() > 1) CheckTensorCount();
}

void GgufFile::AddTensorsOf(size_t part) {
  for (TensorInfo& tensor : parts_[part].header().tensors) {
    if (!header_.tensor_index.emplace(tensor.name, header_.tensors.size()).second) {
      throw Error{fmt::format("tensor {} is in two parts", Quoted(tensor.name)),
                  parts_[part].path(), "parts of different models are mixed"};
    }
    tensor.part = part;
    header_.tensors.push_back(std::move(tensor));
  }
}

void GgufFile::CheckTensorCount() const {
  const int64_t claimed = GetInt("split.tensors.count");
  if (claimed == static_cast<int64_t>(header_.tensors.size())) return;
  Fail(fmt::format("metadata 'split.tensors.count' is {}, but its {} parts have {} tensors",
                   claimed, parts_.size(), header_.tensors.size()),
       "parts of different models are mixed");
}

void GgufFile::Fail(const std::string& problem, const std::string& hint) const {
  throw Error{problem, path_, hint};
}

bool GgufFile::Has(std::string_view key) const { return FindValue(key) != nullptr; }

const GgufValue* GgufFile::FindValue(std::string_view key) const {
  const auto found = header_.values.find(key);
  return found == header_.values.end() ? nullptr : &found->second;
}

const GgufValue& GgufFile::RequireValue(std::string_view key, bool right_type(GgufValueType),
                                        const char* wanted) const {
  const GgufValue* value = FindValue(key);
  if (value == nullptr) {
    Fail(fmt::format("has no metadata '{}'", key), "convert the model again");
  }
  if (!right_type(value->type)) {
    Fail(fmt::format("metadata '{}' is of type {}, not {}", key, value->TypeText(), wanted));
  }
  return *value;
}

const GgufValue& GgufFile::RequireScalar(std::string_view key, bool right_type(GgufValueType),
                                         const char* wanted) const {
  const GgufValue& value = RequireValue(key, right_type, wanted);
  if (value.is_array) {
    Fail(fmt::format("metadata '{}' is of type {}, not {}", key, value.TypeText(), wanted));
  }
  return value;
}

std::string GgufFile::GetString(std::string_view key) const {
  return std::get<std::string>(RequireScalar(key, IsString, "string").data);
}
std::string GgufFile::GetString(std::string_view key, std::string_view absent) const {
  return Has(key) ? GetString(key) : std::string(absent);
}

int64_t GgufFile::GetInt(std::string_view key) const {
  return RequireScalar(key, IsInteger, "an integer").IntAt(0);
}
int64_t GgufFile::GetInt(std::string_view key, int64_t absent) const {
  return Has(key) ? GetInt(key) : absent;
}

double GgufFile::GetFloat(std::string_view key) const {
  return RequireScalar(key, IsFloat, "a float").FloatAt(0);
}
double GgufFile::GetFloat(std::string_view key, double absent) const {
  return Has(key) ? GetFloat(key) : absent;
}

bool GgufFile::GetBool(std::string_view key) const {
  return RequireScalar(key, IsBool, "bool").IntAt(0) != 0;
}
bool GgufFile::GetBool(std::string_view key, bool absent) const {
  return Has(key) ? GetBool(key) : absent;
}

std::vector<int64_t> GgufFile::GetInts(std::string_view key) const {
  const GgufValue& value = RequireValue(key, IsInteger, "integers");
  std::vector<int64_t> numbers;
  numbers.reserve(value.count);
  for (uint64_t i = 0; i < value.count; ++i) numbers.push_back(value.IntAt(i));
  return numbers;
}

std::vector<double> GgufFile::GetFloats(std::string_view key) const {
  const GgufValue& value = RequireValue(key, IsFloat, "floats");
  std::vector<double> numbers;
  numbers.reserve(value.count);
  for (uint64_t i = 0; i < value.count; ++i) numbers.push_back(value.FloatAt(i));
  return numbers;
}

const std::vector<std::string>& GgufFile::GetStrings(std::string_view key) const {
  const GgufValue& value = RequireValue(key, IsString, "an array of strings");
  if (!value.is_array) Fail(fmt::format("metadata '{}' is one string, not an array", key));
  return std::get<std::vector<std::string>>(value.data);
}

const TensorInfo* GgufFile::Find(std::string_view name) const {
  const auto found = header_.tensor_index.find(name);
  return found == header_.tensor_index.end() ? nullptr : &header_.tensors[found->second];
}

const TensorInfo& GgufFile::Require(std::string_view name) const {
  const TensorInfo* tensor = Find(name);
  if (tensor == nullptr) Fail(fmt::format("has no tensor '{}'", name), "convert the model again");
  return *tensor;
}

const TensorInfo& GgufFile::Require(std::string_view name,
                                    std::initializer_list<int64_t> shape) const {
  const TensorInfo& tensor = Require(name);
  if (!std::ranges::equal(WithoutTrailingOnes(tensor.shape), WithoutTrailingOnes(shape))) {
    Fail(fmt::format("tensor '{}' is of shape {}, expected {}", name, ShapeText(tensor.shape),
                     ShapeText(shape)));
  }
  return tensor;
}

std::span<const std::byte> GgufFile::Bytes(const TensorInfo& tensor) const {
  const std::span<const std::byte> bytes = parts_.at(tensor.part).bytes();
  CHECK(tensor.offset_bytes <= bytes.size() &&
        tensor.size_bytes <= bytes.size() - tensor.offset_bytes);
  return bytes.subspan(tensor.offset_bytes, tensor.size_bytes);
}

std::string ShapeText(std::span<const int64_t> shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

}  // namespace moebench
