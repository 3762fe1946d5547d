// A machine's /proc and /sys made up in a temporary folder, for tests.
//   FakeTree tree("epyc"); tree.Write("proc/stat", "cpu0 ...\n"); ReadMachineState(tree.root(),
//   ...);
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace moebench {

class FakeTree {
 public:
  explicit FakeTree(const std::string& name) : root_(Base() / (name + std::to_string(getpid()))) {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
  }
  FakeTree(const FakeTree&) = delete;
  FakeTree& operator=(const FakeTree&) = delete;
  ~FakeTree() { std::filesystem::remove_all(root_); }

  const std::filesystem::path& root() const { return root_; }

  void Write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

 private:
  // In memory where there is such a file system: a machine is thousands of small files.
  static std::filesystem::path Base() {
    return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : testing::TempDir();
  }

  std::filesystem::path root_;
};

}  // namespace moebench
