#include "harness/machine/child_trial.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <exception>

namespace moebench {
namespace {

constexpr rlim_t kMostCpuSeconds = 10;

[[noreturn]] void RunAndExit(const std::function<void()>& attempt) {
  const rlimit cpu{kMostCpuSeconds, kMostCpuSeconds}, no_core{0, 0};
  setrlimit(RLIMIT_CPU, &cpu);
  setrlimit(RLIMIT_CORE, &no_core);
  // What it has to say will be said again by the parent.
  const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (null >= 0) dup2(null, STDERR_FILENO);
  try {
    attempt();
  } catch (const std::exception&) {
    _exit(0);  // a proper refusal: the parent gets the same one
  }
  _exit(0);
}

}  // namespace

bool EndsWellInAChild(const std::function<void()>& attempt) {
  const pid_t child = fork();
  if (child < 0) return true;
  if (child == 0) RunAndExit(attempt);
  int status = 0;
  pid_t ended = 0;
  do {
    ended = waitpid(child, &status, 0);
  } while (ended < 0 && errno == EINTR);
  return ended != child || (WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace moebench
