#include "runners/worker/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/version.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "harness/base/clock.h"
#include "harness/base/error.h"

#if BOOST_VERSION >= 108600
#include <boost/process/v1/args.hpp>
#include <boost/process/v1/child.hpp>
#include <boost/process/v1/error.hpp>
#include <boost/process/v1/exe.hpp>
#include <boost/process/v1/extend.hpp>
namespace bp = boost::process::v1;
#else
#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/error.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/extend.hpp>
namespace bp = boost::process;
#endif

namespace moebench {
namespace {

constexpr int kDrainEveryMs = 10;

struct Pipe {
  UniqueFd read, write;
};

// Both ends close-on-exec and above the standard descriptors, so that dup2 in the child is safe.
Pipe MakePipe() {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) {
    throw Error{std::string("no pipe: ") + std::strerror(errno), "", "", ExitCode::kInternal};
  }
  Pipe pipe{UniqueFd(fds[0]), UniqueFd(fds[1])};
  for (UniqueFd* end : {&pipe.read, &pipe.write}) {
    if (end->get() > STDERR_FILENO) continue;
    const int moved = fcntl(end->get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (moved < 0) {
      throw Error{std::string("no pipe: ") + std::strerror(errno), "", "", ExitCode::kInternal};
    }
    *end = UniqueFd(moved);
  }
  return pipe;
}

void SetNonBlocking(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

// Everything between fork and exec: only async-signal-safe calls.
struct ChildSetup {
  int stdin_fd, stdout_fd, stderr_fd;
  pid_t parent;

  void Apply() const {
    const bool ready = setpgid(0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
                       getppid() == parent &&  // else it died before prctl
                       dup2(stdin_fd, STDIN_FILENO) >= 0 && dup2(stdout_fd, STDOUT_FILENO) >= 0 &&
                       dup2(stderr_fd, STDERR_FILENO) >= 0;
    if (!ready) _exit(EXIT_FAILURE);
    CloseOthersOnExec();
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    VolunteerForOom();
    ResetSignals();
  }

  // Boost's own pipe, which tells the parent of a failed exec, must stay open until then.
  static void CloseOthersOnExec() {
    constexpr unsigned kFirst = STDERR_FILENO + 1;
    if (close_range(kFirst, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
    for (int fd = kFirst; fd < 4096; ++fd) fcntl(fd, F_SETFD, FD_CLOEXEC);  // before Linux 5.11
  }

  static void VolunteerForOom() {
    const int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    if (write(fd, "1000", 4) != 4) errno = 0;  // a container may forbid it: then it stays as it is
    close(fd);
  }

  static void ResetSignals() {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    signal(SIGINT, SIG_IGN);
    for (const int number : {SIGTERM, SIGHUP, SIGPIPE, SIGCHLD}) signal(number, SIG_DFL);
  }
};

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& argv) {
  CHECK(!argv.empty());
  Pipe in = MakePipe(), out = MakePipe(), err = MakePipe();
  const ChildSetup setup{in.read.get(), out.write.get(), err.write.get(), getpid()};
  const std::vector<std::string> arguments(argv.begin() + 1, argv.end());
  pid_t stillborn = -1;  // forked, but exec failed: Boost leaves it unreaped
  std::error_code error;
  bp::child child(
      bp::exe = argv[0], bp::args = arguments, error,
      bp::extend::on_exec_setup = [&setup](auto&) { setup.Apply(); },
      bp::extend::on_error = [&stillborn](auto& executor,
                                          const std::error_code&) { stillborn = executor.pid; });
  if (stillborn > 0) waitpid(stillborn, nullptr, 0);
  if (error) throw Error{error.message(), argv[0], "", ExitCode::kInternal};
  pid_ = child.id();
  child.detach();  // waiting and killing are ours: Boost waits without a limit
  stdin_ = std::move(in.write);
  stdout_ = std::move(out.read);
  stderr_ = std::move(err.read);
  for (const int fd : {stdin_.get(), stdout_.get(), stderr_.get()}) SetNonBlocking(fd);
}

ChildProcess::~ChildProcess() {
  Stop(0, [] {});
}

std::optional<int> ChildProcess::TryReap() {
  if (wait_status_) return wait_status_;
  siginfo_t info{};
  if (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
    wait_status_ = 0;  // ECHILD: someone else reaped it; there is nothing left to wait for
    return wait_status_;
  }
  if (info.si_pid == 0) return std::nullopt;
  kill(-pid_, SIGKILL);  // while the zombie still holds the group's number
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  wait_status_ = status;
  return wait_status_;
}

std::optional<int> ChildProcess::WaitForEnd(double patience_s, const std::function<void()>& drain) {
  // Time in which this process itself was stopped is no patience.
  constexpr int64_t kMostNs = 1'000'000'000;
  int64_t waited_ns = 0;
  for (int64_t looked_ns = NowNs();;) {
    drain();
    if (const auto status = TryReap()) return status;
    if (waited_ns >= static_cast<int64_t>(patience_s * 1e9)) return std::nullopt;
    poll(nullptr, 0, kDrainEveryMs);
    const int64_t now_ns = NowNs();
    waited_ns += std::min(now_ns - looked_ns, kMostNs);
    looked_ns = now_ns;
  }
}

int ChildProcess::Stop(double patience_s, const std::function<void()>& drain) {
  if (const auto status = TryReap()) return *status;
  stdin_.Close();
  if (patience_s > 0) {
    kill(-pid_, SIGTERM);
    kill(-pid_, SIGCONT);  // a stopped process hears TERM only when it runs
    if (const auto status = WaitForEnd(patience_s, drain)) return *status;
  }
  kill(-pid_, SIGKILL);
  for (;;) {  // the kernel gives a large model's memory back before it reports the end
    if (const auto status = WaitForEnd(3600, drain)) return *status;
  }
}

}  // namespace moebench
