#include "runners/native/gguf/gguf_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "harness/base/error.h"

namespace moebench {
namespace {

constexpr uint64_t kAlignment = 32;  // the format's default, so no key says it

static_assert(std::endian::native == std::endian::little, "GGUF is written as it lies in memory");

uint64_t Padded(uint64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

template <typename T>
std::string Raw(T value) {
  const auto bytes = std::bit_cast<std::array<char, sizeof(T)>>(value);
  return {bytes.data(), bytes.size()};
}

std::string RawText(std::string_view text) {
  return Raw(uint64_t{text.size()}).append(text.data(), text.size());
}

[[noreturn]] void ThrowErrno(const std::string& problem, const std::filesystem::path& path) {
  const int reason = errno;
  throw Error{fmt::format("{} ({})", problem, std::strerror(reason)), path.string(),
              reason == ENOSPC ? "free some space or write elsewhere" : "", ExitCode::kIo};
}

std::string Gigabytes(uint64_t bytes) {
  return fmt::format("{:.1f} GB", static_cast<double>(bytes) / 1e9);
}

}  // namespace

GgufWriter::GgufWriter(std::filesystem::path path) : path_(std::move(path)) {
  temporary_ = path_.string() + fmt::format(".tmp{}", getpid());
}

GgufWriter::~GgufWriter() {
  if (fd_ < 0) return;
  close(fd_);
  unlink(temporary_.c_str());
}

void GgufWriter::AddEntry(std::string_view key, GgufValueType type, std::string_view value) {
  CHECK(fd_ < 0);
  entries_.append(RawText(key)).append(Raw(static_cast<uint32_t>(type))).append(value);
  ++entry_count_;
}

void GgufWriter::SetString(std::string_view key, std::string_view value) {
  AddEntry(key, GgufValueType::kString, RawText(value));
}
void GgufWriter::SetUint32(std::string_view key, uint32_t value) {
  AddEntry(key, GgufValueType::kUint32, Raw(value));
}
void GgufWriter::SetUint64(std::string_view key, uint64_t value) {
  AddEntry(key, GgufValueType::kUint64, Raw(value));
}
void GgufWriter::SetFloat(std::string_view key, float value) {
  AddEntry(key, GgufValueType::kFloat32, Raw(value));
}
void GgufWriter::SetBool(std::string_view key, bool value) {
  AddEntry(key, GgufValueType::kBool, Raw(static_cast<uint8_t>(value)));
}

void GgufWriter::SetStrings(std::string_view key, std::span<const std::string> values) {
  std::string raw =
      Raw(static_cast<uint32_t>(GgufValueType::kString)) + Raw(uint64_t{values.size()});
  for (const std::string& value : values) raw += RawText(value);
  AddEntry(key, GgufValueType::kArray, raw);
}
void GgufWriter::SetInts(std::string_view key, std::span<const int32_t> values) {
  std::string raw =
      Raw(static_cast<uint32_t>(GgufValueType::kInt32)) + Raw(uint64_t{values.size()});
  for (const int32_t value : values) raw += Raw(value);
  AddEntry(key, GgufValueType::kArray, raw);
}

size_t GgufWriter::AddTensor(std::string_view name, TensorType type, std::vector<int64_t> shape) {
  CHECK(fd_ < 0 && !shape.empty() && shape.size() <= 4);
  const TensorTypeTraits& traits = TraitsOf(type);
  CHECK(shape[0] % traits.block_elements == 0);
  uint64_t bytes = static_cast<uint64_t>(traits.block_bytes);
  for (size_t i = 0; i < shape.size(); ++i) {
    CHECK(shape[i] > 0);
    const int64_t count = i == 0 ? shape[0] / traits.block_elements : shape[i];
    CHECK(!__builtin_mul_overflow(bytes, static_cast<uint64_t>(count), &bytes));
  }
  tensors_.push_back({std::string(name), type, std::move(shape), bytes, data_bytes_});
  data_bytes_ += Padded(bytes);
  return tensors_.size() - 1;
}

std::string GgufWriter::Header() const {
  std::string header = "GGUF";
  header += Raw(uint32_t{3}) + Raw(uint64_t{tensors_.size()}) + Raw(entry_count_) + entries_;
  for (const Tensor& tensor : tensors_) {
    header += RawText(tensor.name) + Raw(static_cast<uint32_t>(tensor.shape.size()));
    for (const int64_t n : tensor.shape) header += Raw(static_cast<uint64_t>(n));
    header += Raw(static_cast<uint32_t>(tensor.type)) + Raw(tensor.offset);
  }
  header.resize(Padded(header.size()), '\0');
  return header;
}

uint64_t GgufWriter::FileBytes() const { return Header().size() + data_bytes_; }

void GgufWriter::Begin() {
  CHECK(fd_ < 0);
  const std::string header = Header();
  data_begin_ = header.size();
  const uint64_t file_bytes = data_begin_ + data_bytes_;
  const std::filesystem::path folder = path_.has_parent_path() ? path_.parent_path() : ".";
  std::error_code failed;
  const std::filesystem::space_info space = std::filesystem::space(folder, failed);
  if (failed) {
    throw Error{fmt::format("can't be written ({})", failed.message()), path_.string(), "",
                ExitCode::kIo};
  }
  if (space.available < file_bytes) {
    throw Error{fmt::format("takes {}, but the disk has {} left", Gigabytes(file_bytes),
                            Gigabytes(space.available)),
                path_.string(), "free some space or write elsewhere", ExitCode::kIo};
  }
  fd_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd_ < 0) ThrowErrno("can't be written", path_);
  // Takes the room now, so that a full disk is known at once; some file systems have no such call.
  if (fallocate(fd_, 0, 0, static_cast<off_t>(file_bytes)) != 0 && errno != EOPNOTSUPP &&
      errno != ENOSYS) {
    ThrowErrno(fmt::format("{} of disk can't be had", Gigabytes(file_bytes)), path_);
  }
  if (ftruncate(fd_, static_cast<off_t>(file_bytes)) != 0) ThrowErrno("can't be written", path_);
  WriteBytes(0, std::as_bytes(std::span(header)));
}

void GgufWriter::WriteAt(size_t index, uint64_t offset, std::span<const std::byte> bytes) {
  const Tensor& tensor = tensors_.at(index);
  CHECK(fd_ >= 0 && bytes.size() <= tensor.size_bytes &&
        offset <= tensor.size_bytes - bytes.size());
  WriteBytes(data_begin_ + tensor.offset + offset, bytes);
}

void GgufWriter::WriteBytes(uint64_t position, std::span<const std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t n = pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(position));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) ThrowErrno("can't be written", path_);
    bytes = bytes.subspan(static_cast<size_t>(n));
    position += static_cast<uint64_t>(n);
  }
}

void GgufWriter::Commit() {
  CHECK(fd_ >= 0);
  const int fd = std::exchange(fd_, -1);
  if (close(fd) != 0 || rename(temporary_.c_str(), path_.c_str()) != 0) {
    const int reason = errno;
    unlink(temporary_.c_str());
    errno = reason;
    ThrowErrno("can't be written", path_);
  }
}

}  // namespace moebench
