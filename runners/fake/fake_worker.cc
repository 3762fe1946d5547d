#include "runners/fake/fake_worker.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "harness/base/error.h"
#include "runners/fake/fake_runner.h"
#include "runners/fake/misdeeds.h"
#include "runners/worker/line_buffer.h"
#include "runners/worker/protocol.h"
#include "runners/worker/unique_fd.h"
#include "runners/worker/worker_main.h"

namespace moebench {
namespace {

std::string SpoiltVersion(const std::string& line) {
  Event event = DecodeEvent(line);
  if (auto* hello = std::get_if<HelloEvent>(&event.body)) hello->protocol = 99;
  return Encode(event);
}

std::string SpoiltId(const std::string& line) {
  Event event = DecodeEvent(line);
  event.id += 1000;
  return Encode(event);
}

std::string IdText(const std::string& line) { return std::to_string(DecodeEvent(line).id); }

// Copies lines from the worker loop's end of a pipe to the parent, spoiling some.
class Relay : public PipeSpoiler {
 public:
  Relay(int from_fd, int to_fd) : from_fd_(from_fd), to_fd_(to_fd) {}

  void SpoilNextAnswer(const FakeMisdeed& misdeed) override {
    const std::lock_guard lock(mutex_);
    next_ = misdeed;
  }
  void Silence() override {
    const std::lock_guard lock(mutex_);
    silent_ = true;
  }

  void Run() {
    LineBuffer lines(2 * kMaxLineBytes);
    std::array<char, 64 << 10> bytes;
    for (;;) {
      const ssize_t n = read(from_fd_, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return;
      lines.Append({bytes.data(), static_cast<std::size_t>(n)});
      while (const auto line = lines.Next()) Pass(*line);
    }
  }

 private:
  void Pass(const std::string& line) {
    const std::lock_guard lock(mutex_);
    const EventBody body = DecodeEvent(line).body;
    const bool is_answer = !std::holds_alternative<HeartbeatEvent>(body) &&
                           !std::holds_alternative<ProgressEvent>(body);
    if (silent_) return;
    if (!is_answer || !next_) return Write(line + "\n");
    Spoil(std::exchange(next_, std::nullopt)->act, line);
  }

  void Spoil(FakeAct act, const std::string& line) {
    switch (act) {
      case FakeAct::kGarbage:
        return Write("Segmentation fault? \x1b[31mnot JSON\n");
      case FakeAct::kHalfLine:
        silent_ = true;
        return Write(line.substr(0, line.size() / 2));
      case FakeAct::kOversizedLine:
        return Write("{\"event\":\"" + std::string(kMaxLineBytes, 'x'));
      case FakeAct::kWrongVersion:
        return Write(SpoiltVersion(line));
      case FakeAct::kWrongId:
        return Write(SpoiltId(line));
      case FakeAct::kWrongType:
        return Write("{\"event\":\"generated\",\"id\":" + IdText(line) + ",\"text\":7}\n");
      case FakeAct::kUnknownEvent:
        return Write("{\"event\":\"surprise\",\"id\":" + IdText(line) + "}\n");
      case FakeAct::kWrongAnswer:
        return Write("{\"event\":\"warmed\",\"id\":" + IdText(line) + "}\n");
      case FakeAct::kCloseStdout:
        silent_ = true;
        close(to_fd_);
        return;
      default:
        CHECK(false && "not a misdeed on the pipe");
    }
  }

  void Write(const std::string& bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t n = write(to_fd_, bytes.data() + done, bytes.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) _exit(static_cast<int>(ExitCode::kIo));
      done += static_cast<std::size_t>(n);
    }
  }

  std::mutex mutex_;
  const int from_fd_;
  const int to_fd_;
  std::optional<FakeMisdeed> next_;
  bool silent_ = false;
};

}  // namespace

int RunFakeWorker(const std::string& script_path_or_json, int in_fd, int out_fd) {
  const FakeScript script = LoadFakeScript(script_path_or_json);
  int pipe_fds[2];
  const int parent_fd = fcntl(out_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (parent_fd < 0 || pipe2(pipe_fds, O_CLOEXEC) != 0) {
    throw Error{"no pipe for the relay", "fake runner", "", ExitCode::kInternal};
  }
  const UniqueFd relay_in(pipe_fds[0]);
  // The parent sees the end of the output only if no other descriptor leads to it.
  if (dup2(STDERR_FILENO, out_fd) < 0) {
    throw Error{"cannot redirect stdout", "fake runner", "", ExitCode::kInternal};
  }
  Relay relay(relay_in.get(), parent_fd);
  Misdeeds(script.misdeeds, &relay).Do({"hello"});
  const std::jthread copier([&relay] { relay.Run(); });
  const UniqueFd worker_out(pipe_fds[1]);  // goes first, which ends the copier
  const WorkerInfo info{"fake", script.version, CapabilitiesOf(script)};
  return RunWorker(MakeFakeRunner(script, &relay), info, in_fd, worker_out.get());
}

}  // namespace moebench
