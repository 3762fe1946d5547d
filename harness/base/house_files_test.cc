// Holds the files of the house against its rules: registered, short, formatted.
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/files.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int kMaxLines = 600;
constexpr uint64_t kMaxSourceBytes = 1 << 20;
constexpr std::string_view kFormatVersion = "version 14.";  // other versions format otherwise

std::vector<fs::path> SourceFiles() {
  std::vector<fs::path> files;
  for (const char* root : {"harness", "runners", "suites", "quality", "results"}) {
    for (const auto& entry :
         fs::recursive_directory_iterator(fs::path(MOEBENCH_SOURCE_DIR) / root)) {
      const std::string extension = entry.path().extension();
      if (entry.is_regular_file() && (extension == ".h" || extension == ".cc"))
        files.push_back(entry);
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

// The test sources among `files` that no moebench_test() names. `registered`: one path a line.
std::vector<std::string> Unregistered(const std::vector<fs::path>& files,
                                      const std::string& registered) {
  std::set<fs::path> known;
  std::istringstream lines(registered);
  for (std::string line; std::getline(lines, line);) known.insert(fs::path(line));
  std::vector<std::string> missing;
  for (const fs::path& file : files) {
    if (file.string().ends_with("_test.cc") && !known.count(file)) missing.push_back(file);
  }
  return missing;
}

// What a command printed (standard output and error). Empty if it could not be started.
std::string OutputOf(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen((command + " 2>&1").c_str(), "r"), pclose);
  std::string output;
  std::array<char, 4096> block{};
  while (pipe) {
    const size_t got = fread(block.data(), 1, block.size(), pipe.get());
    if (got == 0) break;
    output.append(block.data(), got);
  }
  return output;
}

// The files that the lines "file:line:column: warning: ..." of a tool's output name.
std::set<std::string> FilesWarnedOf(const std::string& output) {
  std::set<std::string> files;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(": warning: ") != line.npos) files.insert(line.substr(0, line.find(':')));
  }
  return files;
}

TEST(HouseFiles, EveryTestOnDiskIsRegistered) {
  const std::string registered =
      ReadFile(fs::path(MOEBENCH_BINARY_DIR) / "registered_tests.txt", kMaxSourceBytes);
  EXPECT_THAT(registered, HasSubstr("house_files_test.cc"));
  EXPECT_THAT(Unregistered(SourceFiles(), registered), IsEmpty());
}

TEST(HouseFiles, AnUnregisteredTestIsCaught) {
  const std::vector<fs::path> files = {"/m/a.cc", "/m/a_test.cc", "/m/b_test.cc"};
  EXPECT_THAT(Unregistered(files, "/m/a_test.cc\n"), ElementsAre("/m/b_test.cc"));
}

// The top level is fixed; what a build or a sweep leaves there is ignored by git.
TEST(HouseFiles, TheTopLevelHoldsNothingElse) {
  const std::set<std::string> rooms = {"harness",        "runners",       "suites",
                                       "quality",        "results",       "run",
                                       "CMakeLists.txt", "moebench.yaml", "README.md"};
  for (const auto& entry : fs::directory_iterator(MOEBENCH_SOURCE_DIR)) {
    const std::string name = entry.path().filename();
    const bool made = name.starts_with("build") || name == "compile_commands.json";
    EXPECT_TRUE(name.starts_with('.') || made || rooms.count(name)) << name;
  }
}

TEST(HouseFiles, NoFileIsLong) {
  for (const fs::path& file : SourceFiles()) {
    const std::string text = ReadFile(file, kMaxSourceBytes);
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), kMaxLines) << file;
  }
}

TEST(HouseFiles, EveryFileIsFormatted) {
  const std::string version = OutputOf("clang-format --version");
  if (version.find(kFormatVersion) == version.npos) {
    GTEST_SKIP() << "clang-format " << kFormatVersion << " is not installed";
  }
  std::string command = "clang-format --dry-run";
  for (const fs::path& file : SourceFiles()) command += " '" + file.string() + "'";
  EXPECT_THAT(FilesWarnedOf(OutputOf(command)), IsEmpty()) << "./run format puts it right";
}

TEST(HouseFiles, AnUnformattedFileIsNamedOnce) {
  EXPECT_THAT(FilesWarnedOf("/m/a.cc:4:1: warning: x\n  int  y;\n/m/a.cc:5:1: warning: x\n"),
              ElementsAre("/m/a.cc"));
}

}  // namespace
}  // namespace moebench
