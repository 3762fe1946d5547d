// The client against a child that behaves, and against each way of misbehaving.
#include "runners/worker/worker_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cerrno>
#include <string>
#include <vector>

namespace moebench {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr double kHang_s = 0.2;

WorkerLimits ShortLimits() {
  return {.hello_timeout_s = 5,
          .load_timeout_s = 20,
          .request_timeout_s = 20,
          .hang_timeout_s = 5,
          .stall_timeout_s = 20,
          .stop_patience_s = 0.2};
}

WorkerClient Start(const std::string& script, WorkerLimits limits = ShortLimits()) {
  return WorkerClient({.argv = {FAKE_WORKER, script}}, limits, {});
}

LoadRequest SomeLoad() {
  return {.model_path = "m.gguf",
          .placement = {.policy = "local", .thread_cpus = {0, 1}, .memory_nodes = {0}},
          .context_tokens = 256};
}

std::string Misdeed(const std::string& fields) { return R"({"misdeeds": [{)" + fields + "}]}"; }

// Runs load, warm and one generate; the failure that came of it.
WorkerFailure FailureOf(const std::string& script, WorkerLimits limits = ShortLimits()) {
  try {
    WorkerClient client = Start(script, limits);
    client.Load(SomeLoad(), {});
    client.Warm();
    client.Generate({.prompt = "hello", .k = 4, .max_tokens = 16});
  } catch (const WorkerFailure& failure) {
    return failure;
  }
  ADD_FAILURE() << "nothing failed";
  return WorkerFailure(FailureKind::kTimeout, "nothing failed", "", "");
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
  EXPECT_FALSE(fractions.empty());
  EXPECT_EQ(report.proof.thread_cpus, (std::vector<int>{0, 1}));
  client.Warm();
  const GenerateResult result = client.Generate({.prompt = "2+3=", .k = 4, .max_tokens = 8});
  EXPECT_EQ(result.text, "5");
  EXPECT_EQ(result.finish, "stop");
  EXPECT_EQ(result.k_executed_max, 4);
  EXPECT_EQ(client.ReadPlacement().pages_per_node, report.proof.pages_per_node);
}

TEST_F(WorkerClientTest, Crash_IsNamedByItsSignal) {
  const auto failure = FailureOf(Misdeed(R"("do": "crash", "signal": "SIGSEGV")"));
  EXPECT_EQ(failure.kind(), FailureKind::kCrashed);
  EXPECT_EQ(failure.reason(), "crashed(SIGSEGV)");
  EXPECT_EQ(failure.where(), "worker, generate");
}

TEST_F(WorkerClientTest, ExitCode_IsNamed) {
  const auto failure = FailureOf(Misdeed(R"("do": "exit", "value": 3)"));
  EXPECT_EQ(failure.kind(), FailureKind::kExited);
  EXPECT_EQ(failure.reason(), "exited(3)");
}

TEST_F(WorkerClientTest, Silence_IsAHang) {
  auto limits = ShortLimits();
  limits.hang_timeout_s = kHang_s;
  const auto failure = FailureOf(Misdeed(R"("do": "silence")"), limits);
  EXPECT_EQ(failure.kind(), FailureKind::kHung);
  EXPECT_EQ(failure.reason(), "hung(no heartbeat for 0.2 s)");
}

TEST_F(WorkerClientTest, MissingProgram_IsASpawnFailure) {
  try {
    WorkerClient client({.argv = {"/nonexistent/engine"}}, ShortLimits(), {});
    FAIL();
  } catch (const WorkerFailure& failure) {
    EXPECT_EQ(failure.kind(), FailureKind::kSpawn);
    EXPECT_EQ(failure.reason(), "spawn(/nonexistent/engine: No such file or directory)");
  }
}

}  // namespace
}  // namespace moebench
