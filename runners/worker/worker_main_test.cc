// The child's loop, in this process, between two pipes and an engine made for each test.
#include "runners/worker/worker_main.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include "runners/worker/line_buffer.h"
#include "runners/worker/protocol.h"
#include "runners/worker/unique_fd.h"

namespace moebench {
namespace {

// An engine whose Generate is the test's.
class TestRunner : public Runner {
 public:
  explicit TestRunner(std::function<GenerateResult(TestRunner&)> generate)
      : generate_(std::move(generate)) {}
  ModelFacts Inspect(const std::string&) override { return {}; }
  LoadReport Load(const LoadRequest&, const Progress&) override { return {}; }
  void Warm() override {}
  GenerateResult Generate(const GenerateRequest&) override { return generate_(*this); }
  PlacementProof ReadPlacement() override { return {}; }
  using Runner::CountStep;

 private:
  std::function<GenerateResult(TestRunner&)> generate_;
};

GenerateResult GoodResult() {
  GenerateResult result;
  result.finish = "stop";
  return result;
}

// The worker in a process of its own, because it redirects stdout and may end the process.
class WorkerProcess {
 public:
  explicit WorkerProcess(std::function<GenerateResult(TestRunner&)> generate) {
    int in[2], out[2];
    EXPECT_EQ(pipe2(in, O_CLOEXEC) + pipe2(out, O_CLOEXEC), 0);
    to_worker_ = UniqueFd(in[1]);
    from_worker_ = UniqueFd(out[0]);
    pid_ = fork();
    if (pid_ == 0) {
      to_worker_.Close();
      from_worker_.Close();
      _exit(Serve(std::move(generate), in[0], out[1]));
    }
    close(in[0]);
    close(out[1]);
  }
  ~WorkerProcess() {
    if (pid_ > 0) End();
  }

  void Say(const std::string& bytes) {
    EXPECT_EQ(write(to_worker_.get(), bytes.data(), bytes.size()),
              static_cast<ssize_t>(bytes.size()));
  }
  void Ask(const RequestBody& body) { Say(Encode(Request{++id_, body})); }
  // The next event that is no heartbeat.
  Event Hear() {
    for (;;) {
      Event event = HearAny();
      if (!std::holds_alternative<HeartbeatEvent>(event.body)) return event;
    }
  }
  // Waits for a heartbeat with this count of steps.
  void HearHeartbeat(int64_t steps) {
    for (;;) {
      const Event event = HearAny();
      const auto* heartbeat = std::get_if<HeartbeatEvent>(&event.body);
      ASSERT_NE(heartbeat, nullptr);
      if (heartbeat->steps == steps) return;
    }
  }
  void Greet(int heartbeat_ms = 1000) {
    Ask(HelloRequest{kProtocolVersion, heartbeat_ms});
    EXPECT_TRUE(std::holds_alternative<HelloEvent>(Hear().body));
    Ask(LoadRequest{});
    EXPECT_TRUE(std::holds_alternative<LoadReport>(Hear().body));
  }
  void CloseInput() { to_worker_.Close(); }
  // The exit code, or minus the signal.
  int End() {
    CloseInput();
    int status = 0;
    EXPECT_EQ(waitpid(std::exchange(pid_, -1), &status, 0) > 0, true);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  Event HearAny() {
    for (;;) {
      if (const auto line = lines_.Next()) return DecodeEvent(*line);
      char bytes[4096];
      const ssize_t n = read(from_worker_.get(), bytes, sizeof bytes);
      if (n <= 0) return Event{0, ErrorEvent{"end of output", "", "", ExitCode::kIo}};
      lines_.Append({bytes, static_cast<std::size_t>(n)});
    }
  }

  static int Serve(std::function<GenerateResult(TestRunner&)> generate, int in_fd, int out_fd) {
    try {
      return RunWorker(std::make_unique<TestRunner>(std::move(generate)),
                       {"test", "1", {"decoding:plain"}}, in_fd, out_fd);
    } catch (const Error& e) {
      std::fprintf(stderr, "%s\n", e.what());
      return static_cast<int>(e.code());
    }
  }

  pid_t pid_ = -1;
  UniqueFd to_worker_, from_worker_;
  LineBuffer lines_{kMaxLineBytes};
  int64_t id_ = 0;
};

ErrorEvent ErrorOf(Event event) {
  const auto* error = std::get_if<ErrorEvent>(&event.body);
  return error != nullptr ? *error : ErrorEvent{"no error", "", "", ExitCode::kOk};
}

TEST(RunWorker, AnswersCarryTheIdOfTheirRequest) {
  WorkerProcess worker([](TestRunner&) { return GoodResult(); });
  worker.Greet();
  worker.Ask(GenerateRequest{});
  EXPECT_EQ(worker.Hear().id, 3);
  worker.Ask(QuitRequest{});
  EXPECT_EQ(worker.End(), 0);
}

TEST(RunWorker, PrintfOfAnEngine_CannotReachTheProtocol) {
  WorkerProcess worker([](TestRunner&) {
    std::printf("{\"event\":\"warmed\",\"id\":3}\n");
    std::fflush(stdout);
    return GoodResult();
  });
  worker.Greet();
  worker.Ask(GenerateRequest{});
  EXPECT_TRUE(std::holds_alternative<GenerateResult>(worker.Hear().body));
}

TEST(RunWorker, RequestsOutOfOrder_AreRefusedAndTheWorkerLivesOn) {
  WorkerProcess worker([](TestRunner&) { return GoodResult(); });
  worker.Ask(WarmRequest{});
  EXPECT_EQ(ErrorOf(worker.Hear()).what, "the first request must be hello");
  worker.Ask(HelloRequest{});
  EXPECT_TRUE(std::holds_alternative<HelloEvent>(worker.Hear().body));
  worker.Ask(HelloRequest{});
  EXPECT_EQ(ErrorOf(worker.Hear()).what, "hello was said before");
  worker.Ask(GenerateRequest{});
  EXPECT_EQ(ErrorOf(worker.Hear()).what, "no model is loaded");
}

TEST(RunWorker, Errors_BecomeEvents) {
  WorkerProcess worker([](TestRunner& self) -> GenerateResult {
    self.CountStep();
    if (self.StepsDone() == 1) throw Error{"k = 99", "m.gguf", "use 8", ExitCode::kUsage};
    if (self.StepsDone() == 2) throw Error{"asked to stop", "", "", ExitCode::kInterrupted};
    throw std::bad_alloc();
  });
  worker.Greet();
  worker.Ask(GenerateRequest{});
  const ErrorEvent first = ErrorOf(worker.Hear());
  EXPECT_EQ(first.what + "|" + first.where + "|" + first.hint, "k = 99|m.gguf|use 8");
  EXPECT_EQ(first.code, ExitCode::kUsage);
  worker.Ask(GenerateRequest{});
  EXPECT_EQ(ErrorOf(worker.Hear()).code, ExitCode::kInternal);
  worker.Ask(GenerateRequest{});
  EXPECT_EQ(ErrorOf(worker.Hear()).what, "not enough memory");
}

TEST(RunWorker, OtherExceptions_EndTheProcess) {
  WorkerProcess worker([](TestRunner&) -> GenerateResult { throw std::logic_error("a bug"); });
  worker.Greet();
  worker.Ask(GenerateRequest{});
  EXPECT_EQ(ErrorOf(worker.Hear()).what, "end of output");
  EXPECT_EQ(worker.End(), -SIGABRT);
}

TEST(RunWorker, LineThatIsNoRequest_EndsTheProcessWithBadData) {
  WorkerProcess worker([](TestRunner&) { return GoodResult(); });
  worker.Say("what?\n");
  EXPECT_EQ(ErrorOf(worker.Hear()).what, "end of output");
  EXPECT_EQ(worker.End(), 65);
}

TEST(RunWorker, ClosedInput_EndsAnIdleWorker) {
  WorkerProcess worker([](TestRunner&) { return GoodResult(); });
  worker.Greet();
  EXPECT_EQ(worker.End(), 0);
}

TEST(RunWorker, ParentThatGoesAway_EndsABusyWorker) {
  WorkerProcess worker([](TestRunner&) -> GenerateResult {
    for (;;) pause();
  });
  worker.Greet(/*heartbeat_ms=*/20);
  worker.Ask(GenerateRequest{});
  EXPECT_EQ(worker.End(), 74);
}

TEST(RunWorker, Heartbeats_CarryTheEnginesSteps) {
  int gate[2];
  ASSERT_EQ(pipe2(gate, O_CLOEXEC), 0);
  WorkerProcess worker([&gate](TestRunner& self) {
    char byte = 0;
    while (read(gate[0], &byte, 1) == 1 && byte == '.') self.CountStep();
    return GoodResult();
  });
  worker.Greet(/*heartbeat_ms=*/5);
  worker.Ask(GenerateRequest{});
  ASSERT_EQ(write(gate[1], "....", 4), 4);
  // Until the gate opens there is nothing to hear but heartbeats.
  worker.HearHeartbeat(4);
  ASSERT_EQ(write(gate[1], "!", 1), 1);
  EXPECT_TRUE(std::holds_alternative<GenerateResult>(worker.Hear().body));
  close(gate[0]);
  close(gate[1]);
}

}  // namespace
}  // namespace moebench
