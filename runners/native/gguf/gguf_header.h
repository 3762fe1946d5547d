// The header of a GGUF file (v2 and v3, little endian), parsed and validated against the file's
// length: metadata and the places of the tensors. Reads no tensor data.
//   GgufHeader header = ReadGgufHeader(fd, file_bytes, "m.gguf");
// Limits: 65,536 metadata entries, keys of 64 KiB, strings of 16 MiB, arrays of 2^24 elements (2^22
// strings), 131,072 tensors with names of 64 bytes and 1 to 4 dimensions, alignment 1 to 65,536.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runners/native/gguf/gguf_value.h"
#include "runners/native/gguf/tensor_type.h"

namespace moebench {

struct TensorInfo {
  std::string name;
  TensorType type = TensorType::kF32;
  std::vector<int64_t> shape;  // GGML's ne: fastest dimension first, 1 to 4 of them, each >= 1
  uint64_t offset_bytes = 0;   // from the start of the file
  uint64_t size_bytes = 0;
  size_t part = 0;  // of a split model: which of its files

  int64_t ElementCount() const;
};

struct GgufHeader {
  uint32_t version = 0;
  uint64_t alignment = 32;
  uint64_t data_begin = 0;  // offset in the file of the tensor data
  std::map<std::string, GgufValue, std::less<>> values;
  std::vector<TensorInfo> tensors;  // as they stand in the file
  std::map<std::string, size_t, std::less<>> tensor_index;
};

// Throws Error naming file, byte offset and field. Borrows fd; path is only for messages.
GgufHeader ReadGgufHeader(int fd, uint64_t file_bytes, const std::string& path);

}  // namespace moebench
