// A Runner that lives in a child process and speaks the protocol of runners/README.md.
//   WorkerClient worker({.argv = {"/proc/self/exe", "worker", "--runner", "native"}}, {},
//                       [&] { return interrupted; });
//   worker.Load(request, progress);
// Whatever the child does (crash, hang, exit, rubbish) becomes a WorkerFailure; after one the
// child is dead and every further call throws the same failure again: make a new client. An Error
// that is no WorkerFailure is the engine's own answer, and the child lives on.
// Not thread-safe; the child dies with the thread that made the client. The destructor asks the
// child to quit, then insists.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runners/runner.h"
#include "runners/worker/child_process.h"
#include "runners/worker/line_buffer.h"
#include "runners/worker/oom_watch.h"
#include "runners/worker/protocol.h"
#include "runners/worker/request_watch.h"
#include "runners/worker/worker_failure.h"

namespace moebench {

struct WorkerLimits {
  double hello_timeout_s = 60;     // from the start to the handshake
  double load_timeout_s = 1800;    // Load, Warm: the whole model is read from disk
  double request_timeout_s = 600;  // Inspect, Generate, ReadPlacement
  double hang_timeout_s = 10;      // no line at all from the child during a request
  double stall_timeout_s = 120;    // heartbeats, but no step done
  double stop_patience_s = 3;      // from TERM to KILL
};

struct WorkerCommand {
  std::vector<std::string> argv;  // argv[0] is a path
  // Where the kernel counts out-of-memory kills.
  std::filesystem::path memory_events_file = OwnMemoryEventsFile();
};

class WorkerClient : public Runner {
 public:
  // Starts the child and shakes hands. cancelled (may be empty) is asked about every 100 ms during
  // a request; once it says true, the child is stopped and the request throws kInterrupted.
  WorkerClient(WorkerCommand command, WorkerLimits limits, std::function<bool()> cancelled);
  ~WorkerClient() override;

  ModelFacts Inspect(const std::string& model_path) override;
  LoadReport Load(const LoadRequest& request, const Progress& progress) override;
  void Warm() override;
  GenerateResult Generate(const GenerateRequest& request) override;
  MeasureResult Measure(const MeasureRequest& request) override;
  TextScore ScoreText(const TextScoreRequest& request) override;
  ChoiceScore ScoreChoices(const ChoiceScoreRequest& request) override;
  RoutingResult TraceRouting(const RoutingRequest& request) override;
  PlacementProof ReadPlacement() override;

  const WorkerInfo& info() const { return info_; }
  bool alive() const { return child_.has_value(); }
  pid_t pid() const { return child_ ? child_->pid() : -1; }

 private:
  template <typename Answer>
  Answer Ask(RequestBody body, double timeout_s, const Progress& progress);
  EventBody Exchange(const RequestBody& body, double timeout_s, const Progress& progress);
  std::optional<EventBody> TakeAnswer(RequestWatch& watch, const Progress& progress);
  std::optional<Event> NextEvent();
  void CheckDeadlines(const RequestWatch& watch, double timeout_s);
  void CheckEnd();
  void Pump(int wait_ms);
  void SendPending();
  bool ReadStdout();
  void DrainStderr();
  [[noreturn]] void Fail(FailureKind kind, const std::string& reason);

  WorkerLimits limits_;
  std::function<bool()> cancelled_;
  OomWatch oom_watch_;
  std::optional<ChildProcess> child_;
  std::optional<WorkerFailure> failure_;
  WorkerInfo info_;
  LineBuffer lines_{kMaxLineBytes};
  std::string pending_;      // request bytes not yet written
  std::string stderr_tail_;  // the last few KiB
  std::string doing_ = "start";
  int64_t last_id_ = 0;
  int64_t steps_seen_ = -1;  // of the last heartbeat of this request
  bool answered_ = true;     // no request under way
  bool output_closed_ = false, stderr_closed_ = false;
};

}  // namespace moebench
