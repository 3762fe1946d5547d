#include "harness/cli/testing_program.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "harness/base/error.h"

namespace moebench {
namespace {

std::string Slurp(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

}  // namespace

ProgramRun::ProgramRun() {
  std::string name = (std::filesystem::temp_directory_path() / "moebench_cli_XXXXXX").string();
  CHECK(mkdtemp(name.data()) != nullptr);
  folder_ = name;
}

ProgramRun::~ProgramRun() {
  std::error_code ignored;  // a leftover temporary folder is no failure of the test
  std::filesystem::remove_all(folder_, ignored);
}

void ProgramRun::Write(const std::string& name, const std::string& content) const {
  std::ofstream(folder_ / name, std::ios::binary) << content;
}

ProgramRun::Started ProgramRun::Start(const std::vector<std::string>& arguments) const {
  std::vector<std::string> argv = {MOEBENCH_PROGRAM};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  pointers.reserve(argv.size() + 1);
  for (std::string& argument : argv) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const std::string run = std::to_string(runs_++);
  const std::string out = Path(".out" + run), err = Path(".err" + run);
  const pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid > 0) return {pid, out, err};
  const int flags = O_WRONLY | O_CREAT | O_TRUNC;
  const int in_fd = open("/dev/null", O_RDONLY);
  const int out_fd = open(out.c_str(), flags, 0600), err_fd = open(err.c_str(), flags, 0600);
  if (chdir(folder_.c_str()) != 0 || dup2(in_fd, 0) < 0 || dup2(out_fd, 1) < 0 ||
      dup2(err_fd, 2) < 0) {
    _exit(126);
  }
  execv(MOEBENCH_PROGRAM, pointers.data());
  _exit(127);
}

ProgramResult ProgramRun::Wait(const Started& started) const {
  int status = 0;
  const pid_t pid = started.pid;
  CHECK(waitpid(pid, &status, 0) == pid);
  ProgramResult result;
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.out = Slurp(started.out_path);
  result.err = Slurp(started.err_path);
  return result;
}

ProgramResult ProgramRun::Run(const std::vector<std::string>& arguments) const {
  return Wait(Start(arguments));
}

}  // namespace moebench
