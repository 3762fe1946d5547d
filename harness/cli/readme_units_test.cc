// What README.md tells people to put into systemd and cron works as it stands there.
#include <gmock/gmock.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>

#include "harness/base/files.h"
#include "harness/cli/testing_program.h"

namespace moebench {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// The fenced block of README.md whose first line is `first`, without that line.
std::string Block(const std::string& first) {
  const std::string readme = ReadFile(std::string(MOEBENCH_SOURCE_DIR) + "/README.md", 1 << 20);
  const size_t begin = readme.find("\n" + first + "\n");
  if (begin == std::string::npos) return "";
  const size_t text = begin + first.size() + 2;
  return readme.substr(text, readme.find("```", text) - text);
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// What the command printed, errors too.
std::string OutputOf(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen((command + " 2>&1").c_str(), "r"), pclose);
  std::string output;
  std::array<char, 4096> block{};
  while (pipe && fgets(block.data(), block.size(), pipe.get())) output += block.data();
  return output;
}

const std::string kInstalled = "/srv/moebench/build/moebench";

TEST(ReadmeUnits, SystemdFindsNothingToSay) {
  if (std::system("command -v systemd-analyze >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "systemd-analyze is not installed";
  }
  const ProgramRun folder;
  std::string command = "timeout 60 systemd-analyze verify";
  for (const std::string name : {"moebench.service", "moebench.timer"}) {
    const std::string unit = Block("# /etc/systemd/system/" + name);
    ASSERT_THAT(unit, HasSubstr("[Unit]")) << name;
    // It looks whether the program is there.
    folder.Write(name, Replaced(unit, kInstalled, MOEBENCH_PROGRAM));
    command += " " + folder.Path(name);
  }
  EXPECT_THAT(OutputOf(command), IsEmpty());
}

TEST(ReadmeUnits, CronsLinesHaveFiveFieldsAndNoBarePercent) {
  std::istringstream lines(Block("# crontab -e"));
  int jobs = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.find('=') < line.find(' ')) continue;  // MAILTO=...
    ++jobs;
    std::istringstream words(line);
    std::string field;
    for (int i = 0; i < 5; ++i) {
      ASSERT_TRUE(words >> field);
      EXPECT_EQ(field.find_first_not_of("0123456789*/,-"), std::string::npos) << line;
    }
    EXPECT_EQ(line.find('%'), std::string::npos) << "cron takes it for a line feed: " << line;
  }
  EXPECT_EQ(jobs, 2);
}

TEST(ReadmeUnits, TheProgramKnowsEveryOptionTheyUse) {
  const ProgramRun program;
  for (const std::string name : {"nightly", "status"}) {
    const std::string help = program.Run({name, "--help"}).out;
    const std::string blocks =
        Block("# /etc/systemd/system/moebench.service") + Block("# crontab -e");
    std::istringstream lines(blocks);
    for (std::string line; std::getline(lines, line);) {
      const size_t call = line.find("/moebench " + name);
      if (call == std::string::npos) continue;
      std::istringstream words(line.substr(call));
      for (std::string word; words >> word;) {
        if (!word.starts_with("--")) continue;
        EXPECT_THAT(help, HasSubstr(word)) << line;
      }
    }
  }
}

}  // namespace
}  // namespace moebench
