#include "runners/worker/worker_main.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <new>
#include <optional>
#include <thread>
#include <utility>

#include "harness/base/clock.h"
#include "runners/worker/line_buffer.h"
#include "runners/worker/unique_fd.h"

namespace moebench {
namespace {

constexpr int64_t kProgressEveryNs = 100'000'000;

// Writes whole lines; shared by the main thread and the heartbeat.
class EventOut {
 public:
  explicit EventOut(int fd) : fd_(fd) {}

  void BeginRequest(int64_t id) {
    const std::lock_guard lock(mutex_);
    current_id_ = id;
  }
  // Nothing may follow the answer to a request.
  void Answer(EventBody body) {
    const std::lock_guard lock(mutex_);
    Write(Encode(Event{std::exchange(current_id_, 0), std::move(body)}));
  }
  // Something on the way to the answer; false if no request is under way.
  bool Send(EventBody body) {
    const std::lock_guard lock(mutex_);
    if (current_id_ == 0) return false;
    Write(Encode(Event{current_id_, std::move(body)}));
    return true;
  }

 private:
  void Write(const std::string& line) const {
    std::size_t done = 0;
    while (done < line.size()) {
      const ssize_t n = write(fd_, line.data() + done, line.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) _exit(static_cast<int>(ExitCode::kIo));  // the parent is gone
      done += static_cast<std::size_t>(n);
    }
  }

  std::mutex mutex_;
  const int fd_;
  int64_t current_id_ = 0;
};

// Sends a heartbeat every interval while a request is under way, and ends the process if the
// parent closes in_fd meanwhile.
class Heartbeat {
 public:
  Heartbeat(EventOut& out, std::function<int64_t()> steps, int in_fd, int interval_ms)
      : out_(out), steps_(std::move(steps)), in_fd_(in_fd), stop_fd_(eventfd(0, EFD_CLOEXEC)) {
    CHECK(stop_fd_ >= 0);
    thread_ = std::thread([this, interval_ms] { Beat(interval_ms); });
  }
  ~Heartbeat() {
    const uint64_t one = 1;
    CHECK(write(stop_fd_, &one, sizeof one) == sizeof one);
    thread_.join();
    close(stop_fd_);
  }

 private:
  void Beat(int interval_ms) {
    bool parent_gone = false;
    for (;;) {
      std::array<pollfd, 2> fds{{{stop_fd_, POLLIN, 0}, {parent_gone ? -1 : in_fd_, 0, 0}}};
      poll(fds.data(), fds.size(), interval_ms);
      if ((fds[0].revents & POLLIN) != 0) return;
      parent_gone = parent_gone || (fds[1].revents & (POLLHUP | POLLERR)) != 0;
      // If idle, the main thread finds the end of in_fd, or one more request before it.
      const bool busy = out_.Send(HeartbeatEvent{steps_()});
      if (parent_gone && busy) _exit(static_cast<int>(ExitCode::kIo));
    }
  }

  EventOut& out_;
  const std::function<int64_t()> steps_;
  const int in_fd_, stop_fd_;
  std::thread thread_;
};

class Worker {
 public:
  Worker(std::unique_ptr<Runner> runner, const WorkerInfo& info, int in_fd, int out_fd)
      : runner_(std::move(runner)), info_(info), in_fd_(in_fd), out_(out_fd) {}

  int Run() {
    while (const auto line = ReadLine()) {
      const Request request = Decode(*line);
      if (std::holds_alternative<QuitRequest>(request.body)) return 0;
      out_.BeginRequest(request.id);
      out_.Answer(Answer(request.body));
    }
    return 0;
  }

 private:
  std::optional<std::string> ReadLine() {
    std::array<char, 64 << 10> bytes;
    for (;;) {
      if (auto line = lines_.Next()) return line;
      const ssize_t n = read(in_fd_, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return std::nullopt;
      lines_.Append({bytes.data(), static_cast<std::size_t>(n)});
    }
  }

  Request Decode(const std::string& line) const {
    try {
      return DecodeRequest(line);
    } catch (const Error& e) {
      throw Error{e.problem(), "request line " + std::to_string(lines_.lines_taken()),
                  "the protocol is described in runners/README.md"};
    }
  }

  EventBody Answer(const RequestBody& body) {
    try {
      RequireOrder(body);
      return std::visit([this](const auto& request) { return Do(request); }, body);
    } catch (const Error& e) {
      return ErrorEvent{e.problem(), e.where(), e.hint(), RequestCode(e.code())};
    } catch (const std::bad_alloc&) {
      return ErrorEvent{"not enough memory", "", "", ExitCode::kInternal};
    } catch (const std::exception& e) {  // a bug: seen as crashed(SIGABRT), with these last words
      std::fprintf(stderr, "moebench worker: bug: unexpected exception: %s\n", e.what());
      std::abort();
    }
  }

  // Codes that speak of a whole sweep are not an answer to one request.
  static ExitCode RequestCode(ExitCode code) {
    const bool sweep_wide = code == ExitCode::kOk || code == ExitCode::kFlagged ||
                            code == ExitCode::kIncomplete || code == ExitCode::kBudget ||
                            code == ExitCode::kInterrupted || code == ExitCode::kTerminated;
    return sweep_wide ? ExitCode::kInternal : code;
  }

  void RequireOrder(const RequestBody& body) const {
    const bool is_hello = std::holds_alternative<HelloRequest>(body);
    if (is_hello == heartbeat_.has_value()) {
      throw Error{is_hello ? "hello was said before" : "the first request must be hello", "", "",
                  ExitCode::kUsage};
    }
    const bool needs_model = std::holds_alternative<WarmRequest>(body) ||
                             std::holds_alternative<GenerateRequest>(body) ||
                             std::holds_alternative<MeasureRequest>(body) ||
                             std::holds_alternative<TextScoreRequest>(body) ||
                             std::holds_alternative<ChoiceScoreRequest>(body) ||
                             std::holds_alternative<RoutingRequest>(body) ||
                             std::holds_alternative<ReadPlacementRequest>(body);
    if (needs_model && !loaded_) {
      throw Error{"no model is loaded", RequestName(body), "send load first", ExitCode::kUsage};
    }
  }

  EventBody Do(const HelloRequest& request) {
    heartbeat_.emplace(
        out_, [this] { return runner_->StepsDone() + reported_.load(); }, in_fd_,
        request.heartbeat_ms);
    return HelloEvent{kProtocolVersion, info_};
  }
  EventBody Do(const InspectRequest& request) {
    return InspectedEvent{runner_->Inspect(request.model_path)};
  }
  EventBody Do(const LoadRequest& request) {
    loaded_ = false;
    int64_t quiet_until = 0;
    auto report = runner_->Load(request, [&](const std::string& what, double fraction) {
      ++reported_;
      if (NowNs() < quiet_until) return;
      quiet_until = NowNs() + kProgressEveryNs;
      out_.Send(ProgressEvent{what, fraction});
    });
    loaded_ = true;
    return report;
  }
  EventBody Do(const WarmRequest&) {
    runner_->Warm();
    return WarmedEvent{};
  }
  EventBody Do(const GenerateRequest& request) { return runner_->Generate(request); }
  EventBody Do(const MeasureRequest& request) { return runner_->Measure(request); }
  EventBody Do(const TextScoreRequest& request) { return runner_->ScoreText(request); }
  EventBody Do(const ChoiceScoreRequest& request) { return runner_->ScoreChoices(request); }
  EventBody Do(const RoutingRequest& request) { return runner_->TraceRouting(request); }
  EventBody Do(const ReadPlacementRequest&) { return PlacementEvent{runner_->ReadPlacement()}; }
  EventBody Do(const QuitRequest&) {  // Run() ends before it gets here
    throw Error{"quit has no answer", "", "", ExitCode::kInternal};
  }

  std::unique_ptr<Runner> runner_;
  const WorkerInfo info_;
  const int in_fd_;
  EventOut out_;
  LineBuffer lines_{kMaxLineBytes};
  std::atomic<int64_t> reported_{0};  // calls of Load's progress function
  bool loaded_ = false;
  std::optional<Heartbeat> heartbeat_;  // last: its thread uses all of the above
};

}  // namespace

int RunWorker(std::unique_ptr<Runner> runner, const WorkerInfo& info, int in_fd, int out_fd) {
  const UniqueFd events(fcntl(out_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (events.get() < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
    std::perror("moebench worker: stdout");
    return static_cast<int>(ExitCode::kIo);
  }
  signal(SIGPIPE, SIG_IGN);  // a vanished parent is seen as a failed write
  return Worker(std::move(runner), info, in_fd, events.get()).Run();
}

}  // namespace moebench
