#include "runners/fake/misdeeds.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <utility>

#include "harness/base/error.h"

namespace moebench {
namespace {

[[noreturn]] void HangForever() {
  for (;;) pause();
}

[[noreturn]] void DieBy(int signal_number) {
  signal(signal_number, SIG_DFL);  // sanitizers install handlers of their own
  kill(getpid(), signal_number);
  HangForever();
}

[[noreturn]] void DieOfMemory(const std::string& memory_events_file) {
  std::ofstream(memory_events_file) << "low 0\nhigh 0\nmax 9\noom 1\noom_kill 1\n";
  DieBy(SIGKILL);
}

void FloodStderr(int64_t bytes) {
  std::string line(1023, 'x');
  line += '\n';
  for (int64_t done = 0; done < bytes; done += static_cast<int64_t>(line.size())) {
    if (write(STDERR_FILENO, line.data(), line.size()) < 0) return;
  }
}

[[noreturn]] void LeaveOrphan() {
  const pid_t orphan = fork();
  if (orphan == 0) HangForever();
  std::fprintf(stderr, "orphan %d\n", static_cast<int>(orphan));
  _exit(1);
}

bool FalsifiesNumbers(FakeAct act) { return act >= FakeAct::kExecutedK; }
bool SpoilsPipe(FakeAct act) { return act >= FakeAct::kGarbage && act <= FakeAct::kCloseStdout; }

}  // namespace

Misdeeds::Misdeeds(std::vector<FakeMisdeed> misdeeds, PipeSpoiler* spoiler)
    : misdeeds_(std::move(misdeeds)), spoiler_(spoiler) {}

std::vector<FakeMisdeed> Misdeeds::Do(const FakeRequest& request) {
  const int64_t nth = ++counts_[request.name];
  std::vector<FakeMisdeed> falsified;
  for (const FakeMisdeed& misdeed : misdeeds_) {
    if (!IsDue(misdeed, request, nth)) continue;
    if (FalsifiesNumbers(misdeed.act)) {
      falsified.push_back(misdeed);
    } else {
      Act(misdeed);
    }
  }
  return falsified;
}

bool Misdeeds::IsDue(const FakeMisdeed& misdeed, const FakeRequest& request, int64_t nth) const {
  return misdeed.request == request.name && misdeed.nth.value_or(nth) == nth &&
         misdeed.k.value_or(request.k) == request.k &&
         misdeed.session.value_or(session_) == session_ &&
         (!misdeed.prompt || request.prompt.find(*misdeed.prompt) != std::string::npos);
}

void Misdeeds::Act(const FakeMisdeed& misdeed) {
  const bool on_pipe = SpoilsPipe(misdeed.act) || misdeed.act == FakeAct::kSilence;
  if (on_pipe && spoiler_ == nullptr) {
    throw Error{"a misdeed on the pipe needs a worker process", "fake runner", "",
                ExitCode::kConfig};
  }
  switch (misdeed.act) {
    case FakeAct::kCrash:
      DieBy(misdeed.signal);
    case FakeAct::kExit:
      _exit(static_cast<int>(misdeed.value));
    case FakeAct::kHang:
      HangForever();
    case FakeAct::kSilence:
      spoiler_->Silence();
      HangForever();
    case FakeAct::kStop:
      kill(getpid(), SIGSTOP);
      HangForever();
    case FakeAct::kKill:
      DieBy(SIGKILL);
    case FakeAct::kOom:
      DieOfMemory(misdeed.text);
    case FakeAct::kIgnoreTerm:
      signal(SIGTERM, SIG_IGN);
      HangForever();
    case FakeAct::kError:
      throw Error{misdeed.text.empty() ? "the script wants an error" : misdeed.text, "fake runner",
                  "change the script"};
    case FakeAct::kStderrFlood:
      FloodStderr(misdeed.value);
      return;
    case FakeAct::kOrphan:
      LeaveOrphan();
    default:
      spoiler_->SpoilNextAnswer(misdeed);
  }
}

}  // namespace moebench
