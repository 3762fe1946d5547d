#include "runners/native/gguf/gguf_part.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "harness/base/error.h"
#include "harness/base/files.h"

namespace moebench {
namespace {

struct Fd {
  int fd;
  ~Fd() {
    if (fd >= 0) close(fd);
  }
};

}  // namespace

GgufPart GgufPart::Open(const std::filesystem::path& path) {
  RequireRegularFile(path, "GGUF model file");
  const Fd file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat info {};
  if (file.fd < 0 || fstat(file.fd, &info) != 0) {
    throw Error{fmt::format("can't be opened: {}", std::strerror(errno)), path.string()};
  }
  if (!S_ISREG(info.st_mode)) throw Error{"is no regular file any more", path.string()};
  const auto file_bytes = static_cast<uint64_t>(info.st_size);
  GgufHeader header = ReadGgufHeader(file.fd, file_bytes, path.string());
  void* mapping = mmap(nullptr, file_bytes, PROT_READ, MAP_PRIVATE, file.fd, 0);
  if (mapping == MAP_FAILED) {
    throw Error{fmt::format("can't be mapped: {}", std::strerror(errno)), path.string(), "",
                ExitCode::kIo};
  }
  return GgufPart(path.string(), file_bytes, std::move(header),
                  static_cast<const std::byte*>(mapping));
}

GgufPart::GgufPart(std::string path, uint64_t file_bytes, GgufHeader header,
                   const std::byte* mapping)
    : path_(std::move(path)),
      file_bytes_(file_bytes),
      header_(std::move(header)),
      mapping_(mapping) {}

GgufPart::GgufPart(GgufPart&& other) noexcept
    : path_(std::move(other.path_)),
      file_bytes_(other.file_bytes_),
      header_(std::move(other.header_)),
      mapping_(std::exchange(other.mapping_, nullptr)) {}

GgufPart& GgufPart::operator=(GgufPart&& other) noexcept {
  GgufPart taken(std::move(other));
  std::swap(path_, taken.path_);
  std::swap(file_bytes_, taken.file_bytes_);
  std::swap(header_, taken.header_);
  std::swap(mapping_, taken.mapping_);
  return *this;
}

GgufPart::~GgufPart() {
  if (mapping_ != nullptr) munmap(const_cast<std::byte*>(mapping_), file_bytes_);
}

int64_t GgufPart::IntIn(std::string_view key, int64_t lo, int64_t hi) const {
  const auto found = header_.values.find(key);
  if (found == header_.values.end()) {
    throw Error{fmt::format("has no metadata '{}', as parts of split models must", key), path_,
                "split the model again"};
  }
  const GgufValue& value = found->second;
  if (value.is_array || !IsInteger(value.type)) {
    throw Error{fmt::format("metadata '{}' is of type {}, not an integer", key, value.TypeText()),
                path_};
  }
  const int64_t number = value.IntAt(0);
  if (number < lo || number > hi) {
    throw Error{fmt::format("metadata '{}' is {}, not {} to {}", key, number, lo, hi), path_};
  }
  return number;
}

}  // namespace moebench
