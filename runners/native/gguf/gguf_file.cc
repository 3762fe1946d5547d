#include "runners/native/gguf/gguf_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "harness/base/error.h"
#include "harness/base/files.h"
#include "runners/native/gguf/header_reader.h"

namespace moebench {
namespace {

struct Fd {
  int fd;
  ~Fd() {
    if (fd >= 0) close(fd);
  }
};

bool IsString(GgufValueType type) { return type == GgufValueType::kString; }
bool IsBool(GgufValueType type) { return type == GgufValueType::kBool; }

std::span<const int64_t> WithoutTrailingOnes(std::span<const int64_t> shape) {
  while (!shape.empty() && shape.back() == 1) shape = shape.first(shape.size() - 1);
  return shape;
}

}  // namespace

GgufFile GgufFile::Open(const std::filesystem::path& path) {
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
  GgufFile gguf(path.string(), file_bytes, std::move(header),
                static_cast<const std::byte*>(mapping));
  gguf.architecture_ = gguf.GetString("general.architecture", "");
  return gguf;
}

GgufFile::GgufFile(std::string path, uint64_t file_bytes, GgufHeader header,
                   const std::byte* mapping)
    : path_(std::move(path)),
      file_bytes_(file_bytes),
      header_(std::move(header)),
      mapping_(mapping) {}

GgufFile::GgufFile(GgufFile&& other) noexcept
    : path_(std::move(other.path_)),
      file_bytes_(other.file_bytes_),
      header_(std::move(other.header_)),
      architecture_(std::move(other.architecture_)),
      mapping_(std::exchange(other.mapping_, nullptr)) {}

GgufFile& GgufFile::operator=(GgufFile&& other) noexcept {
  GgufFile taken(std::move(other));
  std::swap(path_, taken.path_);
  std::swap(file_bytes_, taken.file_bytes_);
  std::swap(header_, taken.header_);
  std::swap(architecture_, taken.architecture_);
  std::swap(mapping_, taken.mapping_);
  return *this;
}

GgufFile::~GgufFile() {
  if (mapping_ != nullptr) munmap(const_cast<std::byte*>(mapping_), file_bytes_);
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
  CHECK(tensor.offset_bytes <= file_bytes_ &&
        tensor.size_bytes <= file_bytes_ - tensor.offset_bytes);
  return {mapping_ + tensor.offset_bytes, tensor.size_bytes};
}

std::string ShapeText(std::span<const int64_t> shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

}  // namespace moebench
