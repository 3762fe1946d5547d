#include "runners/native/gguf/testing/gguf_builder.h"

#include <algorithm>

#include "harness/base/error.h"
#include "harness/base/files.h"
#include "runners/native/gguf/testing/quantise.h"

namespace moebench {
namespace {

void PadTail(std::string& bytes, uint64_t alignment) {
  bytes.resize((bytes.size() + alignment - 1) / alignment * alignment);
}

template <typename T>
std::string RawNumbers(const std::vector<T>& values) {
  std::string bytes;
  for (const T value : values) bytes += RawBytes(value);
  return bytes;
}

}  // namespace

std::string RawString(std::string_view text) { return RawString(text, text.size()); }

std::string RawString(std::string_view text, uint64_t claimed_bytes) {
  return RawBytes(claimed_bytes).append(text);
}

std::string RawEntry(std::string_view key, GgufValueType type, std::string_view value) {
  return RawString(key) + RawBytes(static_cast<uint32_t>(type)).append(value);
}

std::string RawArrayEntry(std::string_view key, uint32_t element_type, uint64_t count,
                          std::string_view elements) {
  return RawEntry(key, GgufValueType::kArray,
                  RawBytes(element_type) + RawBytes(count).append(elements));
}

std::string RawTensorInfo(std::string_view name, std::span<const uint64_t> shape, uint32_t type,
                          uint64_t offset) {
  std::string bytes = RawString(name) + RawBytes(static_cast<uint32_t>(shape.size()));
  for (const uint64_t ne : shape) bytes += RawBytes(ne);
  return bytes + RawBytes(type) + RawBytes(offset);
}

GgufBuilder& GgufBuilder::SetRaw(const std::string& key, std::string entry) {
  const auto same_key = [&](const auto& old) { return old.first == key; };
  const auto found = std::find_if(entries_.begin(), entries_.end(), same_key);
  if (found != entries_.end()) {
    found->second = std::move(entry);
  } else {
    entries_.emplace_back(key, std::move(entry));
  }
  return *this;
}

GgufBuilder& GgufBuilder::SetString(const std::string& key, std::string_view value) {
  return SetRaw(key, RawEntry(key, GgufValueType::kString, RawString(value)));
}
GgufBuilder& GgufBuilder::SetUint32(const std::string& key, uint32_t value) {
  return SetRaw(key, RawEntry(key, GgufValueType::kUint32, RawBytes(value)));
}
GgufBuilder& GgufBuilder::SetInt32(const std::string& key, int32_t value) {
  return SetRaw(key, RawEntry(key, GgufValueType::kInt32, RawBytes(value)));
}
GgufBuilder& GgufBuilder::SetUint64(const std::string& key, uint64_t value) {
  return SetRaw(key, RawEntry(key, GgufValueType::kUint64, RawBytes(value)));
}
GgufBuilder& GgufBuilder::SetFloat(const std::string& key, float value) {
  return SetRaw(key, RawEntry(key, GgufValueType::kFloat32, RawBytes(value)));
}
GgufBuilder& GgufBuilder::SetBool(const std::string& key, bool value) {
  return SetRaw(key, RawEntry(key, GgufValueType::kBool, RawBytes(uint8_t{value})));
}

GgufBuilder& GgufBuilder::SetStrings(const std::string& key,
                                     const std::vector<std::string>& values) {
  std::string elements;
  for (const std::string& value : values) elements += RawString(value);
  const auto type = static_cast<uint32_t>(GgufValueType::kString);
  return SetRaw(key, RawArrayEntry(key, type, values.size(), elements));
}
GgufBuilder& GgufBuilder::SetInts(const std::string& key, const std::vector<int32_t>& values) {
  const auto type = static_cast<uint32_t>(GgufValueType::kInt32);
  return SetRaw(key, RawArrayEntry(key, type, values.size(), RawNumbers(values)));
}
GgufBuilder& GgufBuilder::SetFloats(const std::string& key, const std::vector<float>& values) {
  const auto type = static_cast<uint32_t>(GgufValueType::kFloat32);
  return SetRaw(key, RawArrayEntry(key, type, values.size(), RawNumbers(values)));
}

GgufBuilder& GgufBuilder::Remove(const std::string& key) {
  std::erase_if(entries_, [&](const auto& entry) { return entry.first == key; });
  return *this;
}

GgufBuilder& GgufBuilder::AddTensor(const std::string& name, TensorType type,
                                    std::vector<int64_t> shape, std::span<const float> values) {
  uint64_t elements = 1;
  for (const int64_t ne : shape) elements *= static_cast<uint64_t>(ne);
  CHECK(values.size() == elements);
  return AddTensorBytes(name, type, std::move(shape), Quantise(type, values));
}

GgufBuilder& GgufBuilder::AddTensorBytes(const std::string& name, TensorType type,
                                         std::vector<int64_t> shape, std::string bytes) {
  tensors_.push_back({name, type, std::move(shape), std::move(bytes), std::nullopt});
  return *this;
}

GgufBuilder& GgufBuilder::RemoveTensor(const std::string& name) {
  std::erase_if(tensors_, [&](const Tensor& tensor) { return tensor.name == name; });
  return *this;
}

GgufBuilder& GgufBuilder::OverrideMagic(std::string magic) {
  magic_ = std::move(magic);
  return *this;
}
GgufBuilder& GgufBuilder::OverrideVersion(uint32_t version) {
  version_ = version;
  return *this;
}
GgufBuilder& GgufBuilder::OverrideTensorCount(uint64_t count) {
  tensor_count_ = count;
  return *this;
}
GgufBuilder& GgufBuilder::OverrideValueCount(uint64_t count) {
  value_count_ = count;
  return *this;
}
GgufBuilder& GgufBuilder::OverrideOffset(const std::string& name, uint64_t offset) {
  for (Tensor& tensor : tensors_) {
    if (tensor.name == name) tensor.offset = offset;
  }
  return *this;
}
GgufBuilder& GgufBuilder::AddRawEntry(std::string entry) {
  raw_entries_.push_back(std::move(entry));
  return *this;
}
GgufBuilder& GgufBuilder::AddRawTensorInfo(std::string entry) {
  raw_tensors_.push_back(std::move(entry));
  return *this;
}
GgufBuilder& GgufBuilder::AddTail(std::string bytes) {
  tail_ += bytes;
  return *this;
}
GgufBuilder& GgufBuilder::PadTo(uint64_t alignment) {
  alignment_ = alignment;
  return *this;
}

std::string GgufBuilder::Build() const {
  std::string file = magic_ + RawBytes(version_) +
                     RawBytes(tensor_count_.value_or(tensors_.size() + raw_tensors_.size())) +
                     RawBytes(value_count_.value_or(entries_.size() + raw_entries_.size()));
  for (const auto& [key, entry] : entries_) file += entry;
  for (const std::string& entry : raw_entries_) file += entry;
  std::string data;
  for (const Tensor& tensor : tensors_) {
    PadTail(data, alignment_);
    const std::vector<uint64_t> shape(tensor.shape.begin(), tensor.shape.end());
    file += RawTensorInfo(tensor.name, shape, static_cast<uint32_t>(tensor.type),
                          tensor.offset.value_or(data.size()));
    data += tensor.bytes;
  }
  for (const std::string& entry : raw_tensors_) file += entry;
  PadTail(file, alignment_);
  return file + data + tail_;
}

void GgufBuilder::Write(const std::filesystem::path& path) const {
  WriteFileAtomically(path, Build());
}

}  // namespace moebench
