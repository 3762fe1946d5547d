// libFuzzer: any bytes as a model file are an Error or a file whose every value and tensor can be
// read.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "harness/base/error.h"
#include "runners/native/gguf/gguf_file.h"

namespace moebench {
namespace {

unsigned ReadAll(const GgufFile& file) {
  unsigned sum = 0;
  for (const TensorInfo& tensor : file.tensors()) {
    for (const std::byte byte : file.Bytes(tensor)) sum += std::to_integer<unsigned>(byte);
    if (file.Find(tensor.name) != &tensor) std::abort();
  }
  for (const char* key : {"a", "n", "general.alignment", "tokenizer.ggml.tokens"}) {
    const GgufValue* value = file.FindValue(key);
    if (value == nullptr) continue;
    if (IsInteger(value->type)) sum += static_cast<unsigned>(file.GetInts(key).size());
    if (IsFloat(value->type)) sum += static_cast<unsigned>(file.GetFloats(key).size());
  }
  return sum;
}

}  // namespace
}  // namespace moebench

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const int fd = memfd_create("fuzz", MFD_CLOEXEC);
  if (fd < 0 || write(fd, data, size) != static_cast<ssize_t>(size)) std::abort();
  try {
    const auto file = moebench::GgufFile::Open("/proc/self/fd/" + std::to_string(fd));
    [[maybe_unused]] const volatile unsigned sink = moebench::ReadAll(file);
  } catch (const moebench::Error&) {
  }
  close(fd);
  return 0;
}
