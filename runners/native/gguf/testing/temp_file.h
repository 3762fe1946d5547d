// A file of its own in the test's temporary folder, removed when it goes out of scope.
//   TempFile model(builder.Build());
//   GgufFile::Open(model.path());
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace moebench {

class TempFile {
 public:
  explicit TempFile(const std::string& content) {
    static int made = 0;
    path_ = std::filesystem::path(testing::TempDir()) /
            ("moebench." + std::to_string(getpid()) + "." + std::to_string(++made) + ".gguf");
    // Not WriteFileAtomically: its fsync is most of a test's time.
    std::ofstream(path_, std::ios::binary).write(content.data(), std::ssize(content));
  }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  ~TempFile() { std::filesystem::remove(path_); }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace moebench
