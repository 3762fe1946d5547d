#include "runners/worker/testing/misdeed_table.h"

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "harness/base/clock.h"
#include "runners/worker/worker_client.h"

namespace moebench {
namespace {

struct Misdeed {
  const char* fields;  // of the script, see runners/fake/README.md
  FailureKind kind;
  const char* reason;  // how it begins
};

constexpr Misdeed kMisdeeds[] = {
    {R"("do": "crash", "signal": "SIGSEGV")", FailureKind::kCrashed, "crashed(SIGSEGV)"},
    {R"("do": "crash", "signal": "SIGABRT")", FailureKind::kCrashed, "crashed(SIGABRT)"},
    {R"("do": "crash", "signal": "SIGBUS")", FailureKind::kCrashed, "crashed(SIGBUS)"},
    {R"("do": "crash", "signal": "SIGILL")", FailureKind::kCrashed, "crashed(SIGILL)"},
    {R"("do": "crash", "signal": "SIGFPE")", FailureKind::kCrashed, "crashed(SIGFPE)"},
    {R"("do": "crash", "request": "load")", FailureKind::kCrashed, "crashed(SIGSEGV)"},
    {R"("do": "exit", "value": 3)", FailureKind::kExited, "exited(3)"},
    {R"("do": "kill")", FailureKind::kKilled, "killed(SIGKILL, not by us)"},
    {R"("do": "hang")", FailureKind::kHung, "hung(no progress"},
    {R"("do": "silence")", FailureKind::kHung, "hung(no heartbeat"},
    {R"("do": "stop")", FailureKind::kHung, "hung(no heartbeat"},
    {R"("do": "ignore_term")", FailureKind::kHung, "hung("},
    {R"("do": "orphan")", FailureKind::kExited, "exited(1)"},
    {R"("do": "garbage")", FailureKind::kProtocol, "protocol("},
    {R"("do": "half_line")", FailureKind::kHung, "hung("},
    {R"("do": "oversized_line")", FailureKind::kProtocol, "protocol("},
    {R"("do": "wrong_version", "request": "hello")", FailureKind::kProtocol, "protocol("},
    {R"("do": "wrong_id")", FailureKind::kProtocol, "protocol("},
    {R"("do": "wrong_type")", FailureKind::kProtocol, "protocol("},
    {R"("do": "unknown_event")", FailureKind::kProtocol, "protocol("},
    {R"("do": "wrong_answer")", FailureKind::kProtocol, "protocol("},
    {R"("do": "close_stdout")", FailureKind::kProtocol, "protocol("},
};

// How long this process ran: a gap of more than a second between two looks at the clock is time in
// which it was stopped or starved, and counts as one second.
class AwakeClock {
 public:
  AwakeClock()
      : ticker_([this](const std::stop_token& stop) {
          for (std::unique_lock lock(mutex_); !stop.stop_requested();) {
            end_.wait_for(lock, stop, std::chrono::milliseconds(50), [] { return false; });
            Look();
          }
        }) {}
  double Seconds() {
    const std::lock_guard lock(mutex_);
    Look();
    return static_cast<double>(awake_ns_) * 1e-9;
  }

 private:
  void Look() {
    constexpr int64_t kMostNs = 1'000'000'000;
    const int64_t now_ns = NowNs();
    awake_ns_ += std::min(now_ns - looked_ns_, kMostNs);
    looked_ns_ = now_ns;
  }
  int64_t looked_ns_ = NowNs(), awake_ns_ = 0;
  std::mutex mutex_;
  std::condition_variable_any end_;
  std::jthread ticker_;  // last: ends first
};

// What is waited for shows after half a second, the other limit is far away: on a busy machine a
// heartbeat may be late.
constexpr WorkerLimits kStalls = {
    .hang_timeout_s = 30, .stall_timeout_s = 0.5, .stop_patience_s = 0.1};
constexpr WorkerLimits kSilent = {
    .hang_timeout_s = 0.5, .stall_timeout_s = 30, .stop_patience_s = 0.1};
constexpr WorkerLimits kPatient = {.hang_timeout_s = 30, .stall_timeout_s = 30};

void DoAll(const std::string& script, const WorkerLimits& limits) {
  WorkerClient client({.argv = {FAKE_WORKER, script}}, limits, {});
  client.Load({.model_path = "m.gguf",
               .placement = {.policy = "local", .thread_cpus = {0}, .memory_nodes = {0}},
               .context_tokens = 64},
              {});
  client.Warm();
  client.Generate({.prompt = "hello", .k = 4, .max_tokens = 4});
}

const WorkerLimits& LimitsFor(const Misdeed& misdeed) {
  const auto does = [&](std::string_view what) {
    return std::string_view(misdeed.fields).find(what) != std::string_view::npos;
  };
  if (does("\"hang\"") || does("ignore_term")) return kStalls;
  return misdeed.kind == FailureKind::kHung || does("close_stdout") ? kSilent : kPatient;
}

void RunOnce(const Misdeed& misdeed) {
  AwakeClock clock;
  const WorkerLimits& limits = LimitsFor(misdeed);
  try {
    DoAll(std::string(R"({"misdeeds": [{)") + misdeed.fields + "}]}", limits);
    ADD_FAILURE() << "nothing failed";
  } catch (const WorkerFailure& failure) {
    EXPECT_EQ(failure.kind(), misdeed.kind) << failure.reason();
    EXPECT_THAT(failure.reason(), testing::StartsWith(misdeed.reason));
  }
  // The limit, then TERM, patience, KILL: 5 s more than the limit is the promise.
  EXPECT_LT(clock.Seconds(), std::min(limits.hang_timeout_s, limits.stall_timeout_s) + 5);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a process was left behind";
  EXPECT_EQ(errno, ECHILD);
}

}  // namespace

void RunMisdeeds(int repeats) {
  for (int repeat = 1; repeat <= repeats; ++repeat) {
    for (const Misdeed& misdeed : kMisdeeds) {
      SCOPED_TRACE(std::string(misdeed.fields) + ", repeat " + std::to_string(repeat));
      RunOnce(misdeed);
      EXPECT_NO_THROW(DoAll("{}", kPatient)) << "the next worker suffers";
      if (testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace moebench
