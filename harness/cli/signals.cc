#include "harness/cli/signals.h"

#include <unistd.h>

#include <csignal>

namespace moebench {
namespace {

// A signal handler has nothing else to write to than a variable of this kind.
volatile std::sig_atomic_t caught = 0;

void OnSignal(int signal) {
  if (caught != 0) _exit(128 + signal);
  caught = signal;
}

}  // namespace

void CatchSignals() {
  struct sigaction action {};
  action.sa_handler = OnSignal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = 0;  // no SA_RESTART: a waiting call returns and looks
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is then an error of write(), like a full disk
}

bool StopAsked() { return caught != 0; }

ExitCode StopExitCode() {
  return caught == SIGTERM ? ExitCode::kTerminated : ExitCode::kInterrupted;
}

}  // namespace moebench
