// A file of its own in the test's temporary folder, removed when it goes out of scope.
//   TempFile model(builder.Build());
//   GgufFile::Open(model.path());
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "harness/base/files.h"

namespace moebench {

class TempFile {
 public:
  explicit TempFile(const std::string& content) {
    static int made = 0;
    path_ = std::filesystem::path(testing::TempDir()) /
            ("moebench." + std::to_string(getpid()) + "." + std::to_string(++made) + ".gguf");
    WriteFileAtomically(path_, content);
  }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  ~TempFile() { std::filesystem::remove(path_); }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace moebench
