// Builds GGUF files in memory, well-formed or wrong in a chosen place, for tests and synthetic
// models.
//   GgufBuilder builder;
//   builder.SetString("general.architecture", "qwen3moe").SetUint32("qwen3moe.block_count", 2);
//   builder.AddTensor("output_norm.weight", TensorType::kF32, {128}, ones);
//   builder.Write(folder / "tiny.gguf");
// Tensors follow each other in the order they were added, each padded to the alignment, unless an
// offset is overridden. Nothing is checked: that is the reader's work.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runners/native/gguf/gguf_value.h"
#include "runners/native/gguf/tensor_type.h"

namespace moebench {

// The bytes of a number, little endian.
template <typename T>
std::string RawBytes(T value) {
  const auto bytes = std::bit_cast<std::array<char, sizeof(T)>>(value);
  return {bytes.data(), bytes.size()};
}
// u64 length and the bytes; the length may be a lie.
std::string RawString(std::string_view text);
std::string RawString(std::string_view text, uint64_t claimed_bytes);
// Key, type number and the value's bytes.
std::string RawEntry(std::string_view key, GgufValueType type, std::string_view value);
// An array entry; the count may be a lie.
std::string RawArrayEntry(std::string_view key, uint32_t element_type, uint64_t count,
                          std::string_view elements);
// A tensor's description.
std::string RawTensorInfo(std::string_view name, std::span<const uint64_t> shape, uint32_t type,
                          uint64_t offset);

class GgufBuilder {
 public:
  // Metadata, in the order of the calls; the same key again replaces the value.
  GgufBuilder& SetString(const std::string& key, std::string_view value);
  GgufBuilder& SetUint32(const std::string& key, uint32_t value);
  GgufBuilder& SetInt32(const std::string& key, int32_t value);
  GgufBuilder& SetUint64(const std::string& key, uint64_t value);
  GgufBuilder& SetFloat(const std::string& key, float value);
  GgufBuilder& SetBool(const std::string& key, bool value);
  GgufBuilder& SetStrings(const std::string& key, const std::vector<std::string>& values);
  GgufBuilder& SetInts(const std::string& key, const std::vector<int32_t>& values);
  GgufBuilder& SetFloats(const std::string& key, const std::vector<float>& values);
  // A whole entry by its bytes (see RawEntry).
  GgufBuilder& SetRaw(const std::string& key, std::string entry);
  GgufBuilder& Remove(const std::string& key);

  // values.size() is the product of the shape; types as Quantise takes them.
  GgufBuilder& AddTensor(const std::string& name, TensorType type, std::vector<int64_t> shape,
                         std::span<const float> values);
  GgufBuilder& AddTensorBytes(const std::string& name, TensorType type, std::vector<int64_t> shape,
                              std::string bytes);
  GgufBuilder& RemoveTensor(const std::string& name);

  // Damage.
  GgufBuilder& OverrideMagic(std::string magic);
  GgufBuilder& OverrideVersion(uint32_t version);
  GgufBuilder& OverrideTensorCount(uint64_t count);
  GgufBuilder& OverrideValueCount(uint64_t count);
  GgufBuilder& OverrideOffset(const std::string& name, uint64_t offset);
  GgufBuilder& AddRawEntry(std::string entry);       // after the metadata, counted as one entry
  GgufBuilder& AddRawTensorInfo(std::string entry);  // after the tensors, counted as one
  GgufBuilder& AddTail(std::string bytes);           // after everything

  // Padding used between tensors; general.alignment is set by SetUint32 as any other key.
  GgufBuilder& PadTo(uint64_t alignment);

  std::string Build() const;
  void Write(const std::filesystem::path& path) const;

 private:
  struct Tensor {
    std::string name;
    TensorType type;
    std::vector<int64_t> shape;
    std::string bytes;
    std::optional<uint64_t> offset;
  };

  std::vector<std::pair<std::string, std::string>> entries_;  // key, whole entry
  std::vector<Tensor> tensors_;
  std::vector<std::string> raw_entries_, raw_tensors_;
  std::string magic_ = "GGUF";
  uint32_t version_ = 3;
  uint64_t alignment_ = 32;
  std::optional<uint64_t> tensor_count_, value_count_;
  std::string tail_;
};

}  // namespace moebench
