// A child process in its own process group, with pipes to its stdin, stdout and stderr.
//   ChildProcess child({"/usr/bin/engine", "--fast"});
//   write(child.stdin_fd(), ...); read(child.stdout_fd(), ...);
//   int wait_status = child.Stop(3.0, [&] { Drain(child.stderr_fd()); });
// The parent's ends are non-blocking. The child inherits nothing but its three pipes and the
// environment; it dies with the thread that made it (PR_SET_PDEATHSIG), is the first to go when
// memory runs out, dumps no core, gains no privileges and ignores Ctrl-C (the parent decides).
// The only file that knows Boost.Process. Not thread-safe. The destructor kills and reaps.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runners/worker/unique_fd.h"

namespace moebench {

class ChildProcess {
 public:
  // argv[0] is the path of the program; PATH is not searched. Throws Error with the system's
  // reason if it cannot be started.
  explicit ChildProcess(const std::vector<std::string>& argv);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  int stdin_fd() const { return stdin_.get(); }
  int stdout_fd() const { return stdout_.get(); }
  int stderr_fd() const { return stderr_.get(); }
  void CloseStdin() { stdin_.Close(); }
  pid_t pid() const { return pid_; }

  // The wait status if the process has ended, at once. What it left behind in its process group is
  // killed then.
  std::optional<int> TryReap();
  // Waits until it has ended, at most patience_s, calling drain about every 10 ms so that a full
  // pipe cannot hold it up.
  std::optional<int> WaitForEnd(double patience_s, const std::function<void()>& drain);
  // TERM to the group, patience_s, KILL to the group. Returns the wait status.
  int Stop(double patience_s, const std::function<void()>& drain);

 private:
  pid_t pid_ = -1;
  std::optional<int> wait_status_;
  UniqueFd stdin_, stdout_, stderr_;
};

}  // namespace moebench
