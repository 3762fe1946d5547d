#include "runners/worker/worker_failure.h"

#include <sys/wait.h>

#include <csignal>
#include <cstring>
#include <string_view>
#include <utility>

#include "runners/worker/text.h"

namespace moebench {
namespace {

constexpr std::size_t kLastLines = 12;
constexpr std::size_t kShownBytesPerLine = 300;

// The last lines, each escaped and bounded.
std::string LastWords(std::string_view tail) {
  while (!tail.empty() && (tail.back() == '\n' || tail.back() == '\r')) tail.remove_suffix(1);
  std::string out;
  for (std::size_t n = 0; n < kLastLines && !tail.empty(); ++n) {
    const std::size_t feed = tail.rfind('\n');
    const std::size_t begin = feed == std::string_view::npos ? 0 : feed + 1;
    out = EscapeForPeople(tail.substr(begin), kShownBytesPerLine) + "\n" + out;
    tail = tail.substr(0, feed == std::string_view::npos ? 0 : feed);
  }
  return out;
}

std::string Hint(const std::string& last_words) {
  if (last_words.empty()) return "";
  const std::size_t feed = last_words.rfind('\n', last_words.size() - 2);
  const std::size_t begin = feed == std::string::npos ? 0 : feed + 1;
  return "its last words: " + last_words.substr(begin, last_words.size() - 1 - begin);
}

std::string SignalName(int signal) {
  const char* name = sigabbrev_np(signal);
  return name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

bool IsCrashSignal(int signal) {
  for (const int own : {SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE, SIGSYS, SIGTRAP}) {
    if (signal == own) return true;
  }
  return false;
}

}  // namespace

WorkerFailure::WorkerFailure(FailureKind kind, std::string reason, const std::string& doing,
                             std::string stderr_tail)
    : Error(reason, "worker, " + doing, Hint(LastWords(stderr_tail)),
            kind == FailureKind::kInterrupted ? ExitCode::kInterrupted : ExitCode::kInternal),
      kind_(kind),
      reason_(std::move(reason)),
      last_words_(LastWords(stderr_tail)) {}

EndOfProcess DescribeEnd(int wait_status, long oom_kills) {
  constexpr int kShellSaysKilled = 128 + SIGKILL;  // of a wrapper script whose program was killed
  const bool killed = (WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGKILL) ||
                      (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == kShellSaysKilled);
  if (killed && oom_kills > 0) {
    return {FailureKind::kOom, "oom_killed(the kernel ran out of memory and killed it)"};
  }
  if (WIFEXITED(wait_status)) {
    return {FailureKind::kExited, "exited(" + std::to_string(WEXITSTATUS(wait_status)) + ")"};
  }
  const int signal = WTERMSIG(wait_status);
  if (IsCrashSignal(signal)) return {FailureKind::kCrashed, "crashed(" + SignalName(signal) + ")"};
  return {FailureKind::kKilled, "killed(" + SignalName(signal) + ", not by us)"};
}

}  // namespace moebench
