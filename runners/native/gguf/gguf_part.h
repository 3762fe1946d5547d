// One file of a model: its header, read and checked, and its bytes, mapped read-only.
//   GgufPart part = GgufPart::Open("m-00001-of-00002.gguf");
// Owns the mapping; movable. What gguf_file.h says of the mapping holds here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runners/native/gguf/gguf_header.h"

namespace moebench {

class GgufPart {
 public:
  // Throws Error naming the file, the byte offset and the field.
  static GgufPart Open(const std::filesystem::path& path);

  GgufPart(GgufPart&& other) noexcept;
  GgufPart& operator=(GgufPart&& other) noexcept;
  ~GgufPart();

  const std::string& path() const { return path_; }
  std::span<const std::byte> bytes() const { return {mapping_, file_bytes_}; }
  GgufHeader& header() { return header_; }
  // A whole number that must be there, from lo to hi.
  int64_t IntIn(std::string_view key, int64_t lo, int64_t hi) const;

 private:
  GgufPart(std::string path, uint64_t file_bytes, GgufHeader header, const std::byte* mapping);

  std::string path_;
  uint64_t file_bytes_ = 0;
  GgufHeader header_;
  const std::byte* mapping_ = nullptr;  // file_bytes_ of them
};

}  // namespace moebench
