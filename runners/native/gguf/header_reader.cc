#include "runners/native/gguf/header_reader.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>

#include "harness/base/error.h"

namespace moebench {

static_assert(std::endian::native == std::endian::little, "GGUF is read without byte swapping");

HeaderReader::HeaderReader(int fd, uint64_t file_bytes, std::string path)
    : fd_(fd), file_bytes_(file_bytes), path_(std::move(path)), buffer_(size_t{1} << 16) {}

std::string HeaderReader::ReadBytes(uint64_t n, const char* field) {
  Need(n, field);
  std::string bytes(n, '\0');
  ReadInto(bytes.data(), n, field);
  return bytes;
}

std::string HeaderReader::ReadString(const char* field, uint64_t limit_bytes) {
  const uint64_t start = position_;
  const auto n = Read<uint64_t>(field);
  if (n > remaining()) {
    Fail(fmt::format("says it is {} bytes long but {} are left in the file", n, remaining()),
         "the file is truncated or damaged");
  }
  if (n > limit_bytes) Fail(fmt::format("is {} bytes long, the limit is {}", n, limit_bytes));
  std::string bytes = ReadBytes(n, field);
  field_start_ = start;
  return bytes;
}

void HeaderReader::Fail(const std::string& problem, const std::string& hint) const {
  throw Error{context_.empty() ? fmt::format("{} {}", field_, problem)
                               : fmt::format("{}: {} {}", context_, field_, problem),
              fmt::format("{}: byte {}", path_, field_start_), hint};
}

void HeaderReader::FailField(const char* field, const std::string& problem,
                             const std::string& hint) {
  field_ = field;
  field_start_ = position_;
  Fail(problem, hint);
}

void HeaderReader::Need(uint64_t n, const char* field) {
  if (n > remaining()) {
    FailField(field, fmt::format("needs {} bytes but {} are left in the file", n, remaining()),
              "the file is truncated or damaged");
  }
  if (position_ > kMaxHeaderBytes || n > kMaxHeaderBytes - position_) {
    FailField(field, fmt::format("ends after byte {}, the limit for a header", kMaxHeaderBytes));
  }
}

void HeaderReader::ReadInto(char* to, uint64_t n, const char* field) {
  Need(n, field);
  field_ = field;
  field_start_ = position_;
  while (n > 0) {
    if (buffer_begin_ == buffer_end_) Refill();
    const uint64_t step = std::min<uint64_t>(n, buffer_end_ - buffer_begin_);
    std::memcpy(to, buffer_.data() + buffer_begin_, step);
    buffer_begin_ += step;
    position_ += step;
    to += step;
    n -= step;
  }
}

void HeaderReader::Refill() {
  for (;;) {
    const ssize_t n = pread(fd_, buffer_.data(), buffer_.size(), static_cast<off_t>(position_));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      throw Error{fmt::format("can't be read: {}", std::strerror(errno)), path_, "", ExitCode::kIo};
    if (n == 0) Fail("is gone: the file became shorter while it was read");
    buffer_begin_ = 0;
    buffer_end_ = static_cast<size_t>(n);
    return;
  }
}

std::string Quoted(std::string_view untrusted) {
  constexpr size_t kShown = 80;
  std::string text = "'";
  for (const char c : untrusted.substr(0, kShown)) {
    if (c >= ' ' && c < 0x7f && c != '\\' && c != '\'') {
      text += c;
    } else {
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return text + (untrusted.size() > kShown ? "...'" : "'");
}

}  // namespace moebench
