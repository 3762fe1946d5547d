// Reads the header of an untrusted file front to back and says where it is wrong.
//   HeaderReader in(fd, file_bytes, "m.gguf");
//   in.SetContext("metadata 'general.name'");
//   std::string name = in.ReadString("value", kMaxStringBytes);
// Every length is held against the bytes that are left before anything is allocated. Reads through
// pread and a small buffer, not a mapping: a file that shrinks meanwhile is an Error, no SIGBUS.
// Borrows the descriptor. Not thread-safe.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace moebench {

class HeaderReader {
 public:
  // No real header comes near this (the largest vocabularies take 20 MB).
  static constexpr uint64_t kMaxHeaderBytes = uint64_t{128} << 20;

  HeaderReader(int fd, uint64_t file_bytes, std::string path);

  uint64_t position() const { return position_; }
  uint64_t remaining() const { return file_bytes_ - position_; }

  // What the following fields belong to; begins the error messages.
  void SetContext(std::string context) { context_ = std::move(context); }

  template <typename T>
  T Read(const char* field) {
    static_assert(std::is_arithmetic_v<T>);
    T value;
    ReadInto(reinterpret_cast<char*>(&value), sizeof value, field);
    return value;
  }

  // n bytes; n was claimed by the file.
  std::string ReadBytes(uint64_t n, const char* field);
  // A u64 length and as many bytes, at most limit_bytes of them.
  std::string ReadString(const char* field, uint64_t limit_bytes);

  // Throws the Error for the field that was read last.
  [[noreturn]] void Fail(const std::string& problem, const std::string& hint = "") const;
  [[noreturn]] void FailField(const char* field, const std::string& problem,
                              const std::string& hint = "");

 private:
  void Need(uint64_t n, const char* field);
  void ReadInto(char* to, uint64_t n, const char* field);
  void Refill();

  int fd_;
  uint64_t file_bytes_;
  std::string path_;
  std::string context_;
  const char* field_ = "";
  uint64_t field_start_ = 0;
  uint64_t position_ = 0;  // in the file, of the next byte to hand out
  std::vector<char> buffer_;
  size_t buffer_begin_ = 0, buffer_end_ = 0;
};

// The text in single quotes, bytes that could disturb a terminal as \xNN, cut after 80 bytes.
std::string Quoted(std::string_view untrusted);

}  // namespace moebench
