// Whole sweeps with a judge: a server on this machine that speaks chat completions, and a program.
// The judge's key is looked for wherever it must not be (reliability.md P23).
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/base/files.h"
#include "harness/cli/testing_program.h"
#include "quality/judge/judge_canaries.h"
#include "quality/judge/testing/loopback_server.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr char kKey[] = "MOEBENCH-CANARY-9d1f77c2";
constexpr int kItems = 30;

// Knows the control answers; of others, what begins with "answer" is right.
std::string FairReply(const std::string& system, const std::string& user) {
  const size_t right = user.find("\nanswer "), wrong = user.find("\n~");
  if (system.rfind("You compare", 0) == 0) {
    return right < wrong ? R"({"reason": "", "better": "A"})" : R"({"reason": "", "better": "B"})";
  }
  const auto score = [](int s) { return R"({"reason": "", "score": )" + std::to_string(s) + "}"; };
  const std::string answer = user.substr(std::min(user.size(), user.rfind("Answer:\n===")));
  for (const Canary& canary : Canaries()) {
    const bool asked = user.find(canary.question) != std::string::npos && !canary.answer.empty() &&
                       answer.find("\n" + canary.answer + "\n===") != std::string::npos;
    if (asked) return score(canary.frozen);
  }
  if (wrong != std::string::npos) return score(1);
  return score(right != std::string::npos ? 3 : 0);
}

class JudgedSweep : public testing::Test {
 protected:
  JudgedSweep() : server_([this](const LoopbackRequest& request) { return Page(request); }) {}

  void SetUp() override {
    std::string items;
    Json script = {{"accuracy", {{"4", 0.95}, {"2", 0.3}}}};
    for (int i = 0; i < kItems; ++i) {
      const std::string question = "question " + std::to_string(i);
      const std::string answer = "answer " + std::to_string(i);
      items += Json{{"id", "q" + std::to_string(i)},
                    {"prompt", question},
                    {"max_tokens", 12},
                    {"grader", {{"kind", "pattern"}, {"pattern", "^answer"}}}}
                   .dump() +
               '\n';
      script["answers"][question] = answer;
    }
    program_.Write("items.jsonl", items);
    program_.Write("speed.jsonl", "{\"id\": \"s\", \"prompt\": \"Once upon a time\"}\n");
    program_.Write("script.json", script.dump());
  }
  std::string Page(const LoopbackRequest& request) {
    if (requests_until_killed_ > 0 && --requests_until_killed_ == 0) kill(pid_, SIGKILL);
    if (pid_ > 0) LookForKey("/proc/" + std::to_string(pid_.load()));
    const Json body = Json::parse(request.body);
    const std::string text =
        FairReply(body["messages"][0]["content"], body["messages"][1]["content"]);
    return HttpAnswer(200, Json{{"model", "fair"},
                                {"choices", {{{"message", {{"content", text}}}}}},
                                {"usage", {{"prompt_tokens", 100}, {"completion_tokens", 10}}}}
                               .dump());
  }
  // In the command line and the environment of the program under way.
  static void LookForKey(const std::string& process) {
    for (const char* name : {"/cmdline", "/environ"}) {
      std::ifstream file(process + name, std::ios::binary);
      const std::string bytes((std::istreambuf_iterator<char>(file)), {});
      EXPECT_THAT(bytes, Not(HasSubstr(kKey))) << name;
    }
  }
  ProgramResult Sweep(const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"sweep",       "-m",         "fake.gguf", "--runner",
                                          "fake",        "--suite",    ".",         "--fake-script",
                                          "script.json", "--db",       "s.sqlite",  "--max-tokens",
                                          "16",          "--experts",  "4,2",       "--sessions",
                                          "2",           "--controls", "0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProgramRun::Started started = program_.Start(arguments);
    pid_ = started.pid;
    ProgramResult result = program_.Wait(started);
    pid_ = 0;
    return result;
  }
  Json Show() const {
    return Json::parse(program_.Run({"show", "--db", "s.sqlite", "--json"}).out);
  }
  static Json CellOf(const Json& show, int k) {
    for (const Json& cell : show["cells"]) {
      if (cell["k"] == k) return cell;
    }
    return {};
  }

  std::atomic<pid_t> pid_ = 0;
  std::atomic<int> requests_until_killed_ = 0;
  LoopbackServer server_;
  ProgramRun program_;
};

TEST_F(JudgedSweep, ScoresEveryCellAndLeavesItsKeyNowhere) {
  setenv("MOEBENCH_TEST_KEY", kKey, 1);
  program_.Write("judge.yaml",
                 "models: [fake.gguf]\nrunner: fake\nfake_script: script.json\n"
                 "suite: .\ndatabase: s.sqlite\n"
                 "judge: {kind: openai, model: fair, key_env: MOEBENCH_TEST_KEY, url: '" +
                     server_.url() + "'}\n");
  const ProgramResult result = Sweep({"-c", "judge.yaml"});
  unsetenv("MOEBENCH_TEST_KEY");
  EXPECT_EQ(result.exit_code, 1) << result.err << result.out;
  const Json show = Show();
  EXPECT_EQ(show["judge"]["judge"], "openai:fair");
  EXPECT_EQ(show["judge"]["trusted"], true) << show["judge"];
  const Json base = CellOf(show, 8), two = CellOf(show, 2);
  EXPECT_EQ(base["judge"]["score"], 3.0);
  EXPECT_EQ(base["judge"]["n"], kItems);
  EXPECT_LT(two["judge"]["relative"], -0.2);
  EXPECT_EQ(two["judge"]["verdict"], "flagged");
  EXPECT_GT(two["judge"]["lost"], 10);
  EXPECT_EQ(two["verdict"], "flagged");
  EXPECT_THAT(two["reasons"].dump(), HasSubstr("raise the expert count: k=4 is the smallest"));
  EXPECT_EQ(show["models"][0]["safe_k"], 4);

  EXPECT_THAT(server_.requests().front().head, HasSubstr(kKey));  // the server got it
  program_.Run({"report", "--db", "s.sqlite", "-o", "r.html"});
  program_.Run({"report", "--db", "s.sqlite", "--format", "md", "-o", "r.md"});
  program_.Run({"export", "--db", "s.sqlite", "--format", "json", "-o", "e.json"});
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(program_.folder())) {
    if (!entry.is_regular_file()) continue;
    ++files;
    EXPECT_THAT(ReadFile(entry.path(), 256 << 20), Not(HasSubstr(kKey))) << entry.path();
  }
  EXPECT_GE(files, 8);
  EXPECT_THAT(result.out + result.err, Not(HasSubstr(kKey)));
}

TEST_F(JudgedSweep, WhatWasKilledWhileItJudgedGoesOnWithResume) {
  std::vector<std::string> judge = {"--judge", "openai:m", "--judge-url", server_.url()};
  requests_until_killed_ = 60;
  EXPECT_EQ(Sweep(judge).exit_code, 128 + SIGKILL);
  EXPECT_TRUE(Show()["judge"].is_null());
  judge.push_back("--resume");
  const ProgramResult result = Sweep(judge);
  EXPECT_EQ(result.exit_code, 1) << result.err;
  const Json show = Show();
  EXPECT_EQ(show["judge"]["trusted"], true) << show["judge"];
  EXPECT_EQ(CellOf(show, 8)["judge"]["n"], kItems);
  EXPECT_EQ(CellOf(show, 2)["judge"]["n"], kItems);
  std::multiset<std::string> asked;
  for (const LoopbackRequest& request : server_.requests()) asked.insert(request.body);
  const std::set<std::string> once(asked.begin(), asked.end());
  EXPECT_LE(asked.size() - once.size(), 1u) << "only the question under way may be asked again";
  EXPECT_EQ(show["judge"]["requests"], once.size());
  const ProgramResult again = Sweep(judge);
  EXPECT_EQ(again.exit_code, 78);
  EXPECT_THAT(again.err, HasSubstr("it is finished"));
}

TEST_F(JudgedSweep, AProgramCanBeTheJudge) {
  // Gives everybody the best grade: its control answers must convict it.
  program_.Write("judge.sh",
                 "#!/bin/sh\ncat >/dev/null\necho '{\"reason\": \"\", \"score\": 3}'\n");
  chmod(program_.Path("judge.sh").c_str(), 0700);
  const ProgramResult result = Sweep({"--judge", "command:" + program_.Path("judge.sh")});
  const Json show = Show();
  EXPECT_EQ(show["judge"]["judge"], "command:judge.sh") << result.err;
  EXPECT_EQ(show["judge"]["trusted"], false);
  EXPECT_TRUE(CellOf(show, 2)["judge"]["verdict"].is_null());
  EXPECT_THAT(result.out, HasSubstr("not believed"));
}

TEST_F(JudgedSweep, WhatCanNotBeAskedIsRefusedBeforeAnythingIsMeasured) {
  const auto refused = [&](const std::vector<std::string>& more, int code, const char* sentence) {
    const ProgramResult result = Sweep(more);
    EXPECT_EQ(result.exit_code, code) << result.err;
    EXPECT_THAT(result.err, HasSubstr(sentence));
    EXPECT_FALSE(fs::exists(program_.Path("s.sqlite")));
  };
  refused({"--judge", "clever"}, 64, "'clever' is no judge");
  refused({"--judge", "openai:m"}, 78, "no url is named");
  refused({"--judge", "openai:m", "--judge-url", "http://judge.example"}, 78, "plain http");
  refused({"--judge", "anthropic:m"}, 78, "has no key");
  program_.Write("key", kKey);
  chmod(program_.Path("key").c_str(), 0644);
  refused({"--judge", "anthropic:m", "--judge-key-file", "key"}, 78, "others may read");
}

TEST_F(JudgedSweep, AJudgeThatIsGoneLeavesTheGradersTheVerdict) {
  const ProgramResult result = Sweep({"--judge", "openai:m", "--judge-url", "http://127.0.0.1:9"});
  EXPECT_THAT(result.err, HasSubstr("judging stopped early"));
  const Json show = Show();
  EXPECT_EQ(show["judge"]["trusted"], false);
  EXPECT_EQ(CellOf(show, 2)["verdict"], "flagged");
}

}  // namespace
}  // namespace moebench
