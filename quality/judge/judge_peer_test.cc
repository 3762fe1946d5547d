// A live llama-server with the bundled model as judge: it is no judge, but it speaks the API.
// `./run peer` brings one and sets MOEBENCH_LLAMACPP; without it these tests skip.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cstdlib>
#include <string>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "quality/judge/judge_api.h"
#include "quality/judge/judge_session.h"

extern char** environ;

namespace moebench {
namespace {

// A port that is free now, from the range that nobody registers.
int SomePort() { return 49152 + static_cast<int>(NowNs() / 1000 % 16000); }

class LlamaServer {
 public:
  LlamaServer(const std::string& command, int port) {
    const std::string line = "exec " + command +
                             " llama-server -m " MOEBENCH_SOURCE_DIR
                             "/suites/demo/demo-moe.gguf -t 2 -c 512 --host 127.0.0.1 --port " +
                             std::to_string(port) + " >/dev/null 2>&1";
    const char* argv[] = {"/bin/sh", "-c", line.c_str(), nullptr};
    EXPECT_EQ(posix_spawn(&pid_, "/bin/sh", nullptr, nullptr, const_cast<char**>(argv), environ),
              0);
  }
  ~LlamaServer() {
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }
  LlamaServer(const LlamaServer&) = delete;
  LlamaServer& operator=(const LlamaServer&) = delete;

 private:
  pid_t pid_ = -1;
};

TEST(JudgePeer, ALlamaServerIsAskedForJson) {
  const char* command = std::getenv("MOEBENCH_LLAMACPP");
  if (command == nullptr) GTEST_SKIP() << "no llama.cpp: './run peer' brings one";
  const int port = SomePort();
  const LlamaServer server(command, port);
  const HttpRules rules{.timeout_s = 60};
  // It takes a moment to load: refused connections and 503 are what patience is for.
  const JudgeTransport transport{
      .post = [&](const HttpRequest& request) { return PostJson(request, rules); },
      .wait = [](double) { poll(nullptr, 0, 200); },
      .patience = {.attempts = 150, .first_wait_s = 1e-9, .longest_wait_s = 1e99}};
  const JudgeModel judge =
      OpenAiJudge({.model = "demo", .url = "http://127.0.0.1:" + std::to_string(port)}, transport);
  const JudgeReply reply =
      judge.ask({.system = "Reply in JSON.", .user = "2+3=", .max_tokens = 24});
  EXPECT_GT(reply.input_tokens, 0);
  EXPECT_GT(reply.output_tokens, 0);
  EXPECT_FALSE(reply.model.empty());
  EXPECT_THAT(reply.text, testing::StartsWith("{"));  // its grammar allows nothing else
}

}  // namespace
}  // namespace moebench
