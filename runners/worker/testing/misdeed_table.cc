#include "runners/worker/testing/misdeed_table.h"

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <cerrno>
#include <string>
#include <string_view>

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
  const int64_t start_ns = NowNs();
  try {
    DoAll(std::string(R"({"misdeeds": [{)") + misdeed.fields + "}]}", LimitsFor(misdeed));
    ADD_FAILURE() << "nothing failed";
  } catch (const WorkerFailure& failure) {
    EXPECT_EQ(failure.kind(), misdeed.kind) << failure.reason();
    EXPECT_THAT(failure.reason(), testing::StartsWith(misdeed.reason));
  }
  // Timeout and TERM, patience, KILL: 5 s more than the limit is the promise.
  EXPECT_LT(static_cast<double>(NowNs() - start_ns) * 1e-9, 30 + 5);
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
