// How a worker process failed, told apart so that a sweep can act on it and a person can read it.
//   catch (const WorkerFailure& f) { row.reason = f.reason(); }  // "crashed(SIGSEGV)"
// An Error like any other; value type.
#pragma once

#include <string>

#include "harness/base/error.h"

namespace moebench {

enum class FailureKind {
  kCrashed,      // died by a signal of its own making: SEGV, ABRT, BUS, ILL, FPE, ...
  kExited,       // ended with an exit code in the middle of a request
  kKilled,       // died by a signal that somebody else sent
  kOom,          // SIGKILL, and the kernel counted an out-of-memory kill meanwhile
  kHung,         // alive, but no heartbeat or no progress
  kTimeout,      // alive and busy, but over the time allowed
  kProtocol,     // said something that the protocol does not know
  kSpawn,        // never started
  kInterrupted,  // the caller cancelled it
};

class WorkerFailure : public Error {
 public:
  // reason:      for a status row, e.g. "hung(no heartbeat for 10 s)"
  // doing:       what was asked of it, e.g. "generate"
  // stderr_tail: the end of what it wrote to stderr, as it came
  WorkerFailure(FailureKind kind, std::string reason, const std::string& doing,
                std::string stderr_tail);

  FailureKind kind() const { return kind_; }
  const std::string& reason() const { return reason_; }
  // The last lines of stderr with control characters escaped; lines end in '\n'.
  const std::string& last_words() const { return last_words_; }

 private:
  FailureKind kind_;
  std::string reason_, last_words_;
};

// Kind and reason for a process that ended by itself.
//   wait_status: as waitpid gives it
//   oom_kills:   out-of-memory kills that the kernel counted while the process lived
struct EndOfProcess {
  FailureKind kind;
  std::string reason;
};
EndOfProcess DescribeEnd(int wait_status, long oom_kills);

}  // namespace moebench
