// A GGUF model file (v2 and v3, little endian), opened read-only: metadata, and tensor data mapped.
//   GgufFile file = GgufFile::Open("m.gguf");
//   const int64_t k0 = file.GetInt(file.architecture() + ".expert_used_count");
//   std::span<const std::byte> weights = file.Bytes(file.Require("output.weight", {128, 1000}));
// A model split into m-00001-of-00003.gguf and so on opens by any of its parts, as if it were one
// file. The whole header is read and checked before Open returns (see gguf_header.h for the
// limits); every tensor then lies within the file. The data are mapped, not read: pages come with
// first touch, and a file that is made shorter afterwards ends the process that touches it
// (SIGBUS), so touch tensor data in the worker only. Owns the mappings; movable. Const methods may
// be called by many threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runners/native/gguf/gguf_header.h"
#include "runners/native/gguf/gguf_part.h"

namespace moebench {

class GgufFile {
 public:
  // Throws Error naming the file, the byte offset and the field.
  static GgufFile Open(const std::filesystem::path& path);

  const std::string& path() const { return path_; }    // the one that was opened
  uint64_t file_bytes() const { return file_bytes_; }  // of all parts
  int part_count() const { return static_cast<int>(parts_.size()); }
  const std::string& architecture() const { return architecture_; }  // empty if not stated

  // Metadata. Without a default, a key that is absent is an Error; a value of another type always
  // is one. Integers of every width are read by GetInt, f32 and f64 by GetFloat.
  bool Has(std::string_view key) const;
  const GgufValue* FindValue(std::string_view key) const;  // nullptr if absent
  std::string GetString(std::string_view key) const;
  std::string GetString(std::string_view key, std::string_view absent) const;
  int64_t GetInt(std::string_view key) const;
  int64_t GetInt(std::string_view key, int64_t absent) const;
  double GetFloat(std::string_view key) const;
  double GetFloat(std::string_view key, double absent) const;
  bool GetBool(std::string_view key) const;
  bool GetBool(std::string_view key, bool absent) const;
  // A scalar reads as an array of one.
  std::vector<int64_t> GetInts(std::string_view key) const;
  std::vector<double> GetFloats(std::string_view key) const;
  const std::vector<std::string>& GetStrings(std::string_view key) const;

  // Tensors, as they stand in the file.
  std::span<const TensorInfo> tensors() const { return header_.tensors; }
  const TensorInfo* Find(std::string_view name) const;  // nullptr if absent
  // Throws Error if absent or, in the second form, of another shape (trailing ones don't count).
  const TensorInfo& Require(std::string_view name) const;
  const TensorInfo& Require(std::string_view name, std::initializer_list<int64_t> shape) const;
  // The tensor's data; aligned to general.alignment, which may be 1.
  std::span<const std::byte> Bytes(const TensorInfo& tensor) const;

  // An Error whose `where` is this file.
  [[noreturn]] void Fail(const std::string& problem, const std::string& hint = "") const;

 private:
  GgufFile(std::string path, std::vector<GgufPart> parts);
  void AddTensorsOf(size_t part);
  void CheckTensorCount() const;
  const GgufValue& RequireValue(std::string_view key, bool right_type(GgufValueType),
                                const char* wanted) const;
  const GgufValue& RequireScalar(std::string_view key, bool right_type(GgufValueType),
                                 const char* wanted) const;

  std::string path_;
  uint64_t file_bytes_ = 0;
  std::vector<GgufPart> parts_;
  GgufHeader header_;  // of the first part, with the tensors of all
  std::string architecture_;
};

// "[128, 64, 32]"
std::string ShapeText(std::span<const int64_t> shape);

}  // namespace moebench
