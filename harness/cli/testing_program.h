// Runs the built program as a user would, for tests of the command line.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace moebench {

struct ProgramResult {
  int exit_code = -1;  // 128 + signal if it died of one
  std::string out, err;
};

// A folder of its own per test, removed afterwards; the program runs in it.
class ProgramRun {
 public:
  ProgramRun();
  ~ProgramRun();
  ProgramRun(const ProgramRun&) = delete;
  ProgramRun& operator=(const ProgramRun&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  void Write(const std::string& name, const std::string& content) const;

  ProgramResult Run(const std::vector<std::string>& arguments) const;
  // For tests that send signals: start, then wait.
  struct Started {
    pid_t pid;
    std::string out_path, err_path;
  };
  Started Start(const std::vector<std::string>& arguments) const;
  ProgramResult Wait(const Started& started) const;

 private:
  std::filesystem::path folder_;
  mutable int runs_ = 0;  // names the files that hold each run's output
};

}  // namespace moebench
