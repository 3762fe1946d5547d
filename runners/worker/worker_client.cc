#include "runners/worker/worker_client.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <utility>

#include "harness/base/clock.h"

namespace moebench {
namespace {

constexpr int kPollMs = 100;
constexpr std::size_t kStderrTailBytes = 8 << 10;
constexpr double kQuitPatience_s = 5;  // a large model takes its time to go

std::string Seconds(double s) {
  char text[32];
  std::snprintf(text, sizeof text, "%g s", s);
  return text;
}

// Four heartbeats within the time after which silence means a hang, but at most one a second.
int HeartbeatMs(double hang_timeout_s) {
  return static_cast<int>(std::clamp(hang_timeout_s * 1e3 / 4, 1.0, 1000.0));
}

// write() to a pipe whose reader may be gone: EPIPE instead of a signal to the whole program.
ssize_t WriteWithoutSignal(int fd, const char* data, std::size_t size) {
  sigset_t pipe_signal, before, pending;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  sigpending(&pending);
  const bool was_pending = sigismember(&pending, SIGPIPE) == 1;
  pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  const ssize_t n = write(fd, data, size);
  const int error = errno;
  if (n < 0 && error == EPIPE && !was_pending) {
    const timespec at_once{};
    while (sigtimedwait(&pipe_signal, nullptr, &at_once) < 0 && errno == EINTR) continue;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return n;
}

}  // namespace

WorkerClient::WorkerClient(WorkerCommand command, WorkerLimits limits,
                           std::function<bool()> cancelled)
    : limits_(limits),
      cancelled_(std::move(cancelled)),
      oom_watch_(std::move(command.memory_events_file)) {
  try {
    child_.emplace(command.argv);
  } catch (const Error& e) {
    throw WorkerFailure(FailureKind::kSpawn, "spawn(" + std::string(e.what()) + ")", doing_, "");
  }
  const HelloRequest hello{kProtocolVersion, HeartbeatMs(limits_.hang_timeout_s)};
  const auto answer = Ask<HelloEvent>(hello, limits_.hello_timeout_s, nullptr);
  if (answer.protocol != kProtocolVersion) {
    Fail(FailureKind::kProtocol, "protocol(it speaks version " + std::to_string(answer.protocol) +
                                     ", we speak " + std::to_string(kProtocolVersion) + ")");
  }
  info_ = answer.info;
}

WorkerClient::~WorkerClient() {
  if (!child_) return;
  const auto drain = [this] { DrainStderr(); };
  if (answered_) {
    pending_ = Encode(Request{++last_id_, QuitRequest{}});
    SendPending();
    child_->CloseStdin();
    if (child_->WaitForEnd(kQuitPatience_s, drain)) return;
  }
  child_->Stop(limits_.stop_patience_s, drain);
}

ModelFacts WorkerClient::Inspect(const std::string& model_path) {
  return Ask<InspectedEvent>(InspectRequest{model_path}, limits_.request_timeout_s, nullptr).facts;
}

LoadReport WorkerClient::Load(const LoadRequest& request, const Progress& progress) {
  return Ask<LoadReport>(request, limits_.load_timeout_s, progress);
}

void WorkerClient::Warm() { Ask<WarmedEvent>(WarmRequest{}, limits_.load_timeout_s, nullptr); }

GenerateResult WorkerClient::Generate(const GenerateRequest& request) {
  return Ask<GenerateResult>(request, limits_.request_timeout_s, nullptr);
}

MeasureResult WorkerClient::Measure(const MeasureRequest& request) {
  return Ask<MeasureResult>(request, limits_.request_timeout_s, nullptr);
}

TextScore WorkerClient::ScoreText(const TextScoreRequest& request) {
  return Ask<TextScore>(request, limits_.request_timeout_s, nullptr);
}

ChoiceScore WorkerClient::ScoreChoices(const ChoiceScoreRequest& request) {
  return Ask<ChoiceScore>(request, limits_.request_timeout_s, nullptr);
}

RoutingResult WorkerClient::TraceRouting(const RoutingRequest& request) {
  return Ask<RoutingResult>(request, limits_.request_timeout_s, nullptr);
}

PlacementProof WorkerClient::ReadPlacement() {
  return Ask<PlacementEvent>(ReadPlacementRequest{}, limits_.request_timeout_s, nullptr).proof;
}

template <typename Answer>
Answer WorkerClient::Ask(RequestBody body, double timeout_s, const Progress& progress) {
  EventBody event = Exchange(body, timeout_s, progress);
  if (auto* answer = std::get_if<Answer>(&event)) return std::move(*answer);
  if (auto* error = std::get_if<ErrorEvent>(&event)) {
    throw Error{std::move(error->what), std::move(error->where), std::move(error->hint),
                error->code};
  }
  Fail(FailureKind::kProtocol,
       "protocol(it answered " + doing_ + " with " + EventName(event) + ")");
}

EventBody WorkerClient::Exchange(const RequestBody& body, double timeout_s,
                                 const Progress& progress) {
  if (failure_) throw WorkerFailure(*failure_);
  doing_ = RequestName(body);
  if (!answered_) {  // a progress callback threw in the middle of the last request
    Fail(FailureKind::kInterrupted, "interrupted(the request before was abandoned)");
  }
  answered_ = false;
  pending_ = Encode(Request{++last_id_, body});
  steps_seen_ = -1;
  const bool beats = !std::holds_alternative<HelloRequest>(body);  // only after the handshake
  RequestWatch watch(
      {timeout_s, beats ? limits_.hang_timeout_s : 0, beats ? limits_.stall_timeout_s : 0},
      NowNs());
  for (;;) {
    watch.Look(NowNs());
    if (cancelled_ && cancelled_()) Fail(FailureKind::kInterrupted, "interrupted");
    if (auto answer = TakeAnswer(watch, progress)) {
      answered_ = true;
      return std::move(*answer);
    }
    CheckDeadlines(watch, timeout_s);
    CheckEnd();
    const int64_t wait_ms = (watch.NextNs() - NowNs()) / 1'000'000 + 1;
    Pump(static_cast<int>(std::clamp<int64_t>(wait_ms, 0, kPollMs)));
  }
}

// Works through the lines that have come; the answer to this request if it is among them.
std::optional<EventBody> WorkerClient::TakeAnswer(RequestWatch& watch, const Progress& progress) {
  while (auto event = NextEvent()) {
    const auto* heartbeat = std::get_if<HeartbeatEvent>(&event->body);
    if (event->id != last_id_) {
      // A side thread may send a heartbeat just after the answer.
      if (heartbeat != nullptr && event->id < last_id_) continue;
      Fail(FailureKind::kProtocol, "protocol(line " + std::to_string(lines_.lines_taken()) +
                                       " belongs to request " + std::to_string(event->id) +
                                       ", not to " + std::to_string(last_id_) + ")");
    }
    watch.HeardLine(NowNs());
    if (heartbeat != nullptr) {
      if (heartbeat->steps != steps_seen_) watch.SawStep(NowNs());
      steps_seen_ = heartbeat->steps;
    } else if (const auto* step = std::get_if<ProgressEvent>(&event->body)) {
      watch.SawStep(NowNs());
      if (progress) progress(step->what, step->fraction);
    } else {
      return std::move(event->body);
    }
  }
  return std::nullopt;
}

std::optional<Event> WorkerClient::NextEvent() {
  const int64_t number = lines_.lines_taken() + 1;
  try {
    const auto line = lines_.Next();
    if (!line) return std::nullopt;
    return DecodeEvent(*line);
  } catch (const Error& e) {
    Fail(FailureKind::kProtocol,
         "protocol(line " + std::to_string(number) + " " + e.problem() + ")");
  }
}

void WorkerClient::CheckDeadlines(const RequestWatch& watch, double timeout_s) {
  const int64_t now = NowNs();
  if (watch.Silent(now)) {
    Fail(FailureKind::kHung, "hung(no heartbeat for " + Seconds(limits_.hang_timeout_s) + ")");
  }
  if (watch.Stalled(now)) {
    Fail(FailureKind::kHung, "hung(no progress for " + Seconds(limits_.stall_timeout_s) + ")");
  }
  if (watch.Late(now)) {
    Fail(FailureKind::kTimeout,
         "timeout(no answer to " + doing_ + " in " + Seconds(timeout_s) + ")");
  }
}

// After the child's end all it wrote is read first: its last line may be the answer.
void WorkerClient::CheckEnd() {
  std::optional<int> status;
  if (output_closed_) {  // a process that ends closes its files a moment before it can be reaped
    status = child_->WaitForEnd(limits_.hang_timeout_s, [this] { DrainStderr(); });
    if (!status) Fail(FailureKind::kProtocol, "protocol(it closed its output but lives on)");
  } else {
    status = child_->TryReap();
    if (!status || ReadStdout()) return;
  }
  DrainStderr();
  const EndOfProcess end = DescribeEnd(*status, oom_watch_.NewKills());
  Fail(end.kind, end.reason);
}

// Moves bytes in all three directions; waits at most wait_ms for the first.
void WorkerClient::Pump(int wait_ms) {
  std::array<pollfd, 3> fds{{{child_->stdout_fd(), POLLIN, 0},
                             {stderr_closed_ ? -1 : child_->stderr_fd(), POLLIN, 0},
                             {pending_.empty() ? -1 : child_->stdin_fd(), POLLOUT, 0}}};
  poll(fds.data(), fds.size(), wait_ms);
  if (fds[2].revents != 0) SendPending();
  if (fds[1].revents != 0) DrainStderr();
  if (fds[0].revents != 0) ReadStdout();
}

void WorkerClient::SendPending() {
  while (!pending_.empty()) {
    const ssize_t n = WriteWithoutSignal(child_->stdin_fd(), pending_.data(), pending_.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {  // it closed its stdin; what that means shows at its end or in its silence
      pending_.clear();
      return;
    }
    pending_.erase(0, static_cast<std::size_t>(n));
  }
}

// Takes what is there, at most 1 MiB a call so that limits and cancellation are looked at in
// between. False if there was nothing.
bool WorkerClient::ReadStdout() {
  constexpr int kReads = 16;
  std::array<char, 64 << 10> bytes;
  bool any = false;
  for (int i = 0; i < kReads && !output_closed_; ++i) {
    const ssize_t n = read(child_->stdout_fd(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return any;
    if (n == 0) output_closed_ = true;
    lines_.Append({bytes.data(), static_cast<std::size_t>(n)});
    any = any || n > 0;
  }
  return any;
}

void WorkerClient::DrainStderr() {
  constexpr int kReads = 16;
  std::array<char, 64 << 10> bytes;
  for (int i = 0; i < kReads; ++i) {
    const ssize_t n = read(child_->stderr_fd(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) stderr_closed_ = true;
    if (n <= 0) return;
    stderr_tail_.append(bytes.data(), static_cast<std::size_t>(n));
    if (stderr_tail_.size() > kStderrTailBytes) {
      stderr_tail_.erase(0, stderr_tail_.size() - kStderrTailBytes);
    }
  }
}

void WorkerClient::Fail(FailureKind kind, const std::string& reason) {
  DrainStderr();
  child_->Stop(limits_.stop_patience_s, [this] { DrainStderr(); });
  DrainStderr();
  child_.reset();
  failure_.emplace(kind, reason, doing_, stderr_tail_);
  throw WorkerFailure(*failure_);
}

}  // namespace moebench
