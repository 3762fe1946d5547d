// The client against a child that behaves, and against each way of misbehaving.
#include "runners/worker/worker_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "harness/base/clock.h"

namespace moebench {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

WorkerLimits PatientLimits() {
  return {.hello_timeout_s = 20,
          .load_timeout_s = 20,
          .request_timeout_s = 20,
          .hang_timeout_s = 20,
          .stall_timeout_s = 20,
          .stop_patience_s = 2};
}

// For children that hang on purpose.
WorkerLimits ShortLimits() {
  WorkerLimits limits = PatientLimits();
  limits.hang_timeout_s = 0.2;
  limits.stop_patience_s = 0.1;
  return limits;
}

WorkerClient Start(const std::string& script, WorkerLimits limits = PatientLimits()) {
  return WorkerClient({.argv = {FAKE_WORKER, script}}, limits, {});
}

LoadRequest SomeLoad() {
  return {.model_path = "m.gguf",
          .placement = {.policy = "local", .thread_cpus = {0, 1}, .memory_nodes = {0}},
          .context_tokens = 256};
}

GenerateRequest SomePrompt() { return {.prompt = "hello", .k = 4, .max_tokens = 16}; }

std::string Misdeed(const std::string& fields) { return R"({"misdeeds": [{)" + fields + "}]}"; }

// Start, load, warm and one generate; the failure that came of it.
WorkerFailure FailureOfCommand(WorkerCommand command, const WorkerLimits& limits) {
  try {
    WorkerClient client(std::move(command), limits, {});
    client.Load(SomeLoad(), {});
    client.Warm();
    client.Generate(SomePrompt());
    client.ReadPlacement();
  } catch (const WorkerFailure& failure) {
    return failure;
  }
  return WorkerFailure(FailureKind::kTimeout, "nothing failed", "", "");
}

WorkerFailure FailureOf(const std::string& script, const WorkerLimits& limits = PatientLimits()) {
  return FailureOfCommand({.argv = {FAKE_WORKER, script}}, limits);
}

class WorkerClientTest : public ::testing::Test {
 protected:
  // Whatever happened: no process of ours is left, and the next worker works.
  void TearDown() override {
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
    WorkerClient client = Start("{}");
    EXPECT_EQ(client.Inspect("m.gguf").k0, 8);
  }
};

TEST_F(WorkerClientTest, WellBehavedChild_AnswersEveryRequest) {
  WorkerClient client = Start(R"({"answers": {"2+3=": "5"}})");
  EXPECT_EQ(client.info().runner, "fake");
  EXPECT_EQ(client.Inspect("some.gguf").path, "some.gguf");
  std::vector<double> fractions;
  const LoadReport report = client.Load(
      SomeLoad(), [&](const std::string&, double fraction) { fractions.push_back(fraction); });
  EXPECT_THAT(fractions, Not(IsEmpty()));
  EXPECT_EQ(report.proof.thread_cpus, (std::vector<int>{0, 1}));
  client.Warm();
  const GenerateResult result = client.Generate({.prompt = "2+3=", .k = 4, .max_tokens = 8});
  EXPECT_EQ(result.text, "5");
  EXPECT_EQ(result.finish, "stop");
  EXPECT_EQ(result.k_executed_max, 4);
  EXPECT_EQ(client.ReadPlacement().pages_per_node, report.proof.pages_per_node);
}

TEST_F(WorkerClientTest, PromptOfAMegabyte_IsWrittenWhileTheChildReads) {
  WorkerClient client = Start("{}");
  client.Load(SomeLoad(), {});
  GenerateRequest request = SomePrompt();
  request.prompt.assign(std::size_t{1} << 20, 'p');
  EXPECT_EQ(client.Generate(request).prompt_tokens, (1 << 18) + 1);
}

TEST_F(WorkerClientTest, EnginesOwnError_LeavesTheWorkerAlive) {
  WorkerClient client = Start("{}");
  try {
    client.Generate(SomePrompt());
    FAIL();
  } catch (const WorkerFailure& failure) {
    FAIL() << failure.what();
  } catch (const Error& e) {
    EXPECT_EQ(e.problem(), "no model is loaded");
    EXPECT_EQ(e.code(), ExitCode::kUsage);
  }
  client.Load(SomeLoad(), {});
  EXPECT_EQ(client.Generate(SomePrompt()).tokens.size(), 16u);
}

TEST_F(WorkerClientTest, BytesThatAreNotUtf8_ArriveUnchanged) {
  WorkerClient client = Start(R"({"answers": {"hello": "\u20ac\u20ac"}})");
  client.Load(SomeLoad(), {});
  const std::string euro = "\xe2\x82\xac";
  const auto result = client.Generate({.prompt = "hello", .k = 4, .max_tokens = 5});
  EXPECT_EQ(result.text, euro + euro.substr(0, 2));
}

TEST_F(WorkerClientTest, Crash_IsNamedByItsSignal) {
  for (const std::string signal : {"SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE"}) {
    const auto failure = FailureOf(Misdeed(R"("do": "crash", "signal": ")" + signal + "\""));
    EXPECT_EQ(failure.kind(), FailureKind::kCrashed);
    EXPECT_EQ(failure.reason(), "crashed(" + signal + ")");
    EXPECT_EQ(failure.where(), "worker, generate");
  }
}

TEST_F(WorkerClientTest, CrashInEveryPhase_NamesTheRequest) {
  for (const std::string request : {"hello", "load", "warm", "generate", "read_placement"}) {
    const auto failure = FailureOf(Misdeed(R"("do": "crash", "request": ")" + request + "\""));
    EXPECT_EQ(failure.reason(), "crashed(SIGSEGV)");
    EXPECT_EQ(failure.where(), "worker, " + request);
  }
}

TEST_F(WorkerClientTest, ExitCode_IsNamed) {
  EXPECT_EQ(FailureOf(Misdeed(R"("do": "exit", "value": 3)")).reason(), "exited(3)");
  EXPECT_EQ(FailureOf(Misdeed(R"("do": "exit", "value": 0)")).kind(), FailureKind::kExited);
}

TEST_F(WorkerClientTest, ForeignSignal_IsNotACrash) {
  const auto killed = FailureOf(Misdeed(R"("do": "kill")"));
  EXPECT_EQ(killed.kind(), FailureKind::kKilled);
  EXPECT_EQ(killed.reason(), "killed(SIGKILL, not by us)");
  const auto terminated = FailureOf(Misdeed(R"("do": "crash", "signal": "SIGTERM")"));
  EXPECT_EQ(terminated.reason(), "killed(SIGTERM, not by us)");
}

TEST_F(WorkerClientTest, KillCountedByTheKernel_IsOutOfMemory) {
  const std::string events = ::testing::TempDir() + "memory.events";
  std::ofstream(events) << "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\n";
  const std::string script = Misdeed(R"("do": "oom", "text": ")" + events + "\"");
  const auto failure = FailureOfCommand(
      {.argv = {FAKE_WORKER, script}, .memory_events_file = events}, PatientLimits());
  EXPECT_EQ(failure.kind(), FailureKind::kOom);
  EXPECT_THAT(failure.reason(), StartsWith("oom_killed("));
  std::filesystem::remove(events);
}

TEST_F(WorkerClientTest, Silence_IsAHang) {
  const auto failure = FailureOf(Misdeed(R"("do": "silence")"), ShortLimits());
  EXPECT_EQ(failure.kind(), FailureKind::kHung);
  EXPECT_EQ(failure.reason(), "hung(no heartbeat for 0.2 s)");
}

TEST_F(WorkerClientTest, HeartbeatsWithoutProgress_AreAHang) {
  WorkerLimits limits = PatientLimits();
  limits.stall_timeout_s = 0.2;
  const auto failure = FailureOf(Misdeed(R"("do": "hang")"), limits);
  EXPECT_EQ(failure.kind(), FailureKind::kHung);
  EXPECT_EQ(failure.reason(), "hung(no progress for 0.2 s)");
}

TEST_F(WorkerClientTest, StoppedProcess_IsAHangAndIsKilled) {
  const auto failure = FailureOf(Misdeed(R"("do": "stop")"), ShortLimits());
  EXPECT_EQ(failure.reason(), "hung(no heartbeat for 0.2 s)");
}

TEST_F(WorkerClientTest, IgnoredTerm_EndsWithKill) {
  WorkerLimits limits = ShortLimits();
  limits.stall_timeout_s = 0.2;
  limits.hang_timeout_s = 20;
  const int64_t start = NowNs();
  const auto failure = FailureOf(Misdeed(R"("do": "ignore_term")"), limits);
  EXPECT_EQ(failure.reason(), "hung(no progress for 0.2 s)");
  EXPECT_LT(NowNs() - start, 5'000'000'000);
}

TEST_F(WorkerClientTest, NoAnswerInTime_IsATimeout) {
  WorkerLimits limits = PatientLimits();
  limits.request_timeout_s = 0.2;
  const auto failure = FailureOf(Misdeed(R"("do": "hang")"), limits);
  EXPECT_EQ(failure.kind(), FailureKind::kTimeout);
  EXPECT_EQ(failure.reason(), "timeout(no answer to generate in 0.2 s)");
}

TEST_F(WorkerClientTest, SilenceAtHello_IsATimeout) {
  WorkerLimits limits = ShortLimits();
  limits.hello_timeout_s = 0.2;
  const auto failure = FailureOf(Misdeed(R"("do": "silence", "request": "hello")"), limits);
  EXPECT_EQ(failure.reason(), "timeout(no answer to hello in 0.2 s)");
}

TEST_F(WorkerClientTest, OtherProtocolVersion_IsRefused) {
  const auto failure = FailureOf(Misdeed(R"("do": "wrong_version")"));
  EXPECT_EQ(failure.kind(), FailureKind::kProtocol);
  EXPECT_EQ(failure.reason(), "protocol(it speaks version 99, we speak 1)");
}

TEST_F(WorkerClientTest, GarbageLine_IsQuotedHarmlessly) {
  const auto failure = FailureOf(Misdeed(R"("do": "garbage")"));
  EXPECT_EQ(failure.kind(), FailureKind::kProtocol);
  EXPECT_THAT(failure.reason(), HasSubstr("is not JSON at byte 1: 'Segmentation fault? \\x1b[31m"));
}

TEST_F(WorkerClientTest, HalfALineAndSilence_IsAHang) {
  EXPECT_EQ(FailureOf(Misdeed(R"("do": "half_line")"), ShortLimits()).reason(),
            "hung(no heartbeat for 0.2 s)");
}

TEST_F(WorkerClientTest, LineWithoutEnd_IsCutAtTheCap) {
  const auto failure = FailureOf(Misdeed(R"("do": "oversized_line")"));
  EXPECT_EQ(failure.kind(), FailureKind::kProtocol);
  EXPECT_THAT(failure.reason(), HasSubstr("is longer than 67108864 bytes"));
}

TEST_F(WorkerClientTest, AnswerToAnotherRequest_IsAProtocolFailure) {
  const auto failure = FailureOf(Misdeed(R"("do": "wrong_id")"));
  EXPECT_EQ(failure.kind(), FailureKind::kProtocol);
  EXPECT_THAT(failure.reason(), HasSubstr("belongs to request 1004, not to 4"));
}

TEST_F(WorkerClientTest, WrongTypes_AreAProtocolFailure) {
  EXPECT_THAT(FailureOf(Misdeed(R"("do": "wrong_type")")).reason(),
              HasSubstr("'text' is '7', not a string"));
}

TEST_F(WorkerClientTest, UnknownEvent_IsAProtocolFailure) {
  EXPECT_THAT(FailureOf(Misdeed(R"("do": "unknown_event")")).reason(),
              HasSubstr("has the unknown event 'surprise'"));
}

TEST_F(WorkerClientTest, AnswerOfAnotherKind_IsAProtocolFailure) {
  EXPECT_EQ(FailureOf(Misdeed(R"("do": "wrong_answer")")).reason(),
            "protocol(it answered generate with warmed)");
}

TEST_F(WorkerClientTest, ClosedOutput_IsAProtocolFailure) {
  EXPECT_EQ(FailureOf(Misdeed(R"("do": "close_stdout")"), ShortLimits()).reason(),
            "protocol(it closed its output but lives on)");
}

TEST_F(WorkerClientTest, StderrFlood_IsDrainedAndTheAnswerArrives) {
  EXPECT_EQ(FailureOf(Misdeed(R"("do": "stderr_flood", "value": 67108864)")).reason(),
            "nothing failed");
}

TEST_F(WorkerClientTest, LastWords_AreKeptAndEscaped) {
  const std::string say = R"(printf 'first\n\033[31mfatal: no weights\n' >&2; exit 7)";
  const auto failure = FailureOfCommand({.argv = {"/bin/sh", "-c", say}}, PatientLimits());
  EXPECT_EQ(failure.reason(), "exited(7)");
  EXPECT_EQ(failure.last_words(), "first\n\\x1b[31mfatal: no weights\n");
  EXPECT_EQ(failure.hint(), "its last words: \\x1b[31mfatal: no weights");
}

TEST_F(WorkerClientTest, Orphan_DiesWithItsGroup) {
  ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);  // so that its end can be waited for here
  const auto failure = FailureOf(Misdeed(R"("do": "orphan")"));
  EXPECT_EQ(failure.reason(), "exited(1)");
  int orphan = 0;
  ASSERT_EQ(std::sscanf(failure.last_words().c_str(), "orphan %d", &orphan), 1);
  int status = 0;
  ASSERT_EQ(waitpid(orphan, &status, 0), orphan);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST_F(WorkerClientTest, MissingProgram_IsASpawnFailure) {
  const auto failure = FailureOfCommand({.argv = {"/nonexistent/engine"}}, PatientLimits());
  EXPECT_EQ(failure.kind(), FailureKind::kSpawn);
  EXPECT_EQ(failure.reason(), "spawn(/nonexistent/engine: No such file or directory)");
}

TEST_F(WorkerClientTest, Cancelled_StopsTheChild) {
  std::atomic<bool> cancelled = false;
  WorkerClient client({.argv = {FAKE_WORKER, Misdeed(R"("do": "hang")")}}, PatientLimits(),
                      [&] { return cancelled.load(); });
  client.Load(SomeLoad(), {});
  cancelled = true;
  try {
    client.Generate(SomePrompt());
    FAIL();
  } catch (const WorkerFailure& failure) {
    EXPECT_EQ(failure.kind(), FailureKind::kInterrupted);
    EXPECT_EQ(failure.code(), ExitCode::kInterrupted);
  }
}

TEST_F(WorkerClientTest, DeadWorker_RepeatsItsFailure) {
  WorkerClient client = Start(Misdeed(R"("do": "exit", "value": 9, "request": "load")"));
  EXPECT_THROW(client.Load(SomeLoad(), {}), WorkerFailure);
  EXPECT_FALSE(client.alive());
  try {
    client.Generate(SomePrompt());
    FAIL();
  } catch (const WorkerFailure& failure) {
    EXPECT_EQ(failure.reason(), "exited(9)");
  }
}

TEST_F(WorkerClientTest, DeathBetweenRequests_ShowsAtTheNext) {
  WorkerClient client = Start("{}");
  client.Load(SomeLoad(), {});
  kill(client.pid(), SIGKILL);
  try {
    client.Warm();
    FAIL();
  } catch (const WorkerFailure& failure) {
    EXPECT_EQ(failure.reason(), "killed(SIGKILL, not by us)");
  }
}

TEST_F(WorkerClientTest, ThrowingProgress_AbandonsTheRequest) {
  WorkerClient client = Start("{}");
  EXPECT_THROW(client.Load(SomeLoad(),
                           [](const std::string&, double) {
                             throw Error{"full", ""};
                           }),
               Error);
  EXPECT_THROW(client.Warm(), WorkerFailure);
}

TEST_F(WorkerClientTest, ChildInheritsNothingButItsPipes) {
  int leaked[2];
  ASSERT_EQ(pipe(leaked), 0);  // without close-on-exec
  const std::string say = "ls /proc/self/fd >&2; cat /proc/self/oom_score_adj >&2; exit 1";
  const auto failure = FailureOfCommand({.argv = {"/bin/sh", "-c", say}}, PatientLimits());
  close(leaked[0]);
  close(leaked[1]);
  // 3 is the directory that ls reads.
  EXPECT_THAT(failure.last_words(), StartsWith("0\n1\n2\n3\n"));
  EXPECT_THAT(failure.last_words(), Not(HasSubstr("\n4\n")));
}

TEST_F(WorkerClientTest, CtrlCForTheWholeGroup_DoesNotReachTheEngine) {
  WorkerClient client = Start("{}");
  client.Load(SomeLoad(), {});
  kill(client.pid(), SIGINT);
  EXPECT_EQ(client.Generate(SomePrompt()).tokens.size(), 16u);
}

}  // namespace
}  // namespace moebench
