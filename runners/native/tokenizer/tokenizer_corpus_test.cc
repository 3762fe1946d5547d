// The fuzzer's corpus without the fuzzer: what it once found stays found.
#include <gtest/gtest.h>

#include <filesystem>

#include "harness/base/files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace moebench {
namespace {

TEST(TokenizerCorpus, GoesThrough) {
  const auto folder = std::filesystem::path(MOEBENCH_SOURCE_DIR) / "runners" / "native" /
                      "tokenizer" / "testdata" / "corpus";
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string bytes = ReadFile(entry.path(), 1 << 20);
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    ++files;
  }
  EXPECT_GE(files, 18);
}

}  // namespace
}  // namespace moebench
