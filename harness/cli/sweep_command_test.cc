// Whole sweeps through the built program: with the fake runner, and with the bundled model.

#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "harness/base/files.h"
#include "harness/cli/testing_program.h"
#include "results/store.h"

namespace moebench {
namespace {

using Json = nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kDemo = std::string(MOEBENCH_SOURCE_DIR) + "/suites/demo/demo-moe.gguf";

class SweepCommand : public testing::Test {
 protected:
  void SetUp() override {
    program_.Write("items.jsonl", Items());
    program_.Write("speed.jsonl", "{\"id\": \"s\", \"prompt\": \"Once upon a time\"}\n");
  }
  static std::string Items() {
    std::string lines;
    for (int i = 0; i < 40; ++i) {
      lines += Json{{"id", "q" + std::to_string(i)},
                    {"prompt", "question " + std::to_string(i)},
                    {"max_tokens", 8},
                    {"grader", {{"kind", "exact"}, {"expected", {"answer " + std::to_string(i)}}}}}
                   .dump() +
               '\n';
    }
    return lines;
  }
  // A fake model whose right answers are the suite's.
  Json Script() const {
    Json script = {{"trial_noise", 0.01}, {"session_file", program_.Path("sessions")}};
    for (int i = 0; i < 40; ++i) {
      script["answers"]["question " + std::to_string(i)] = "answer " + std::to_string(i);
    }
    return script;
  }
  std::vector<std::string> FakeSweep(const Json& script, std::vector<std::string> more = {}) const {
    program_.Write("script.json", script.dump());
    std::vector<std::string> arguments = {
        "sweep",         "-m",          "fake.gguf", "--runner", "fake",         "--suite", ".",
        "--fake-script", "script.json", "--db",      "s.sqlite", "--max-tokens", "32"};
    if (std::find(more.begin(), more.end(), "--experts") == more.end()) {
      arguments.insert(arguments.end(), {"--experts", "6,4,3,2,1"});
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  Json Show() const {
    return Json::parse(program_.Run({"show", "--db", "s.sqlite", "--json"}).out);
  }
  static Json CellOf(const Json& show, int k) {
    for (const Json& cell : show["cells"]) {
      if (cell["k"] == k && cell.value("control", 0) == 0) return cell;
    }
    return {};
  }

  ProgramRun program_;
};

TEST_F(SweepCommand, FakeSweepIsStoredShownAndReported) {
  Json script = Script();
  script["accuracy"] = {{"1", 0.4}};
  const ProgramResult result = program_.Run(FakeSweep(script));
  EXPECT_EQ(result.exit_code, 1) << result.err << result.out;
  const Json show = Show();
  EXPECT_EQ(show["schema"], "moebench.show/1");
  const Json base = CellOf(show, 8), one = CellOf(show, 1);
  EXPECT_EQ(base["baseline"], true);
  EXPECT_EQ(base["status"], "ok");
  EXPECT_GT(base["decode_tps"]["median"], 0);
  EXPECT_GE(base["decode_tps"]["n"], 9);
  EXPECT_EQ(base["quality"]["n"], 40);
  EXPECT_EQ(one["verdict"], "flagged") << one.dump();
  EXPECT_FALSE(one["reasons"].empty());
  const ProgramResult html =
      program_.Run({"report", "--db", "s.sqlite", "--format", "html", "-o", "r.html"});
  EXPECT_EQ(html.exit_code, 0) << html.err;
  EXPECT_THAT(ReadFile(program_.Path("r.html"), 8 << 20), HasSubstr("<html"));
  const ProgramResult markdown = program_.Run({"report", "--db", "s.sqlite"});
  EXPECT_THAT(markdown.out, HasSubstr("k=1"));
  const ProgramResult table = program_.Run({"show", "--db", "s.sqlite"});
  EXPECT_THAT(table.out, AllOf(HasSubstr("flagged"), Not(HasSubstr("\x1b["))));
}

TEST_F(SweepCommand, DryRunMeasuresNothing) {
  const ProgramResult result =
      program_.Run(FakeSweep(Script(), {"--dry-run", "--decode", "plain,draft"}));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("baseline"));
  EXPECT_THAT(result.out, HasSubstr("skipped(capability: "));
  EXPECT_FALSE(std::filesystem::exists(program_.Path("s.sqlite")));
}

TEST_F(SweepCommand, AutoIsSaidOrLeftOutAndMayStandAmongOthers) {
  const auto plan = [&](const std::vector<std::string>& axes) {
    std::vector<std::string> more = {"--dry-run"};
    more.insert(more.end(), axes.begin(), axes.end());
    const ProgramResult result = program_.Run(FakeSweep(Script(), more));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out;
  };
  const std::string usual = plan({"--experts", "8"});
  EXPECT_EQ(plan({"--experts", "8", "--placement", "auto", "--threads", "auto"}), usual);
  const std::string more = plan({"--experts", "8", "--placement", "none,auto"});
  EXPECT_THAT(more, AllOf(HasSubstr("plain none"), HasSubstr("plain interleave")));
  EXPECT_THAT(plan({"--experts", "auto"}), AllOf(HasSubstr("k=16 "), HasSubstr("k=1 ")));
}

// The line of the plan that places experts by this file: its cell's id first.
TEST_F(SweepCommand, AFileThatAPlacementNamesIsKnownByWhatItHolds) {
  const auto id = [&](const std::string& file) {
    const std::string plan =
        program_
            .Run(FakeSweep(Script(), {"--dry-run", "--experts", "8", "--placement",
                                      "interleave,expert-shard@load=" + program_.Path(file)}))
            .out;
    const size_t at = plan.find("k=8 plain expert-shard@load=");
    return at == std::string::npos || at < 18 ? plan : plan.substr(at - 18, 16);
  };
  program_.Write("a.routing", "one");
  program_.Write("b.routing", "one");
  program_.Write("c.routing", "another");
  EXPECT_EQ(id("a.routing").size(), 16u) << id("a.routing");
  EXPECT_EQ(id("a.routing"), id("b.routing"));
  EXPECT_NE(id("a.routing"), id("c.routing"));
  EXPECT_NE(id("a.routing"), id("nowhere.routing"));
}

TEST_F(SweepCommand, SpeculationIsMeasuredComparedAndShown) {
  Json script = Script();
  script["tokens_per_s"] = {{"8", 100}};
  script["speculation"] = {{"lookup", {{"acceptance", {{"8", 0.3}, {"4", 0.3}}}}},
                           {"draft", {{"acceptance", {{"8", 0.9}, {"4", 0.9}}}}}};
  const ProgramResult result = program_.Run(
      FakeSweep(script, {"--experts", "4", "--decode", "plain,lookup,draft", "--draft", "d.gguf"}));
  EXPECT_LE(result.exit_code, 2) << result.err << result.out;
  const Json show = Show();
  int speculative = 0;
  for (const Json& cell : show["cells"]) {
    if (cell["decoding"] == "plain") continue;
    ++speculative;
    EXPECT_EQ(cell["status"], "ok") << cell.dump();
    EXPECT_TRUE(cell["accept_rate"].is_number()) << cell.dump();
    EXPECT_GT(cell["speculation"]["parity"]["texts"], 40);
    EXPECT_EQ(cell["speculation"]["parity"]["equal"], cell["speculation"]["parity"]["texts"]);
    EXPECT_FALSE(cell["speculation"]["prediction"].is_null());
  }
  EXPECT_EQ(speculative, 4);
  EXPECT_EQ(show["models"][0]["passes"].size(), 2u);
  EXPECT_THAT(program_.Run({"report", "--db", "s.sqlite"}).out,
              AllOf(HasSubstr("### Experts and decoding"), HasSubstr("### Cost of a pass")));
}

TEST_F(SweepCommand, TextsThatLeavePlainDecodingFailTheirCell) {
  Json script = Script();
  script["speculation"] = {{"lookup", {{"diverges_at", 5}, {"diverges_gap", 0.4}}},
                           {"draft", {{"diverges_at", 5}, {"diverges_gap", 0.01}}}};
  const ProgramResult result = program_.Run(
      FakeSweep(script, {"--experts", "8", "--decode", "lookup", "--draft", "d.gguf"}));
  EXPECT_EQ(result.exit_code, 2) << result.err << result.out;
  const Json show = Show();
  for (const Json& cell : show["cells"]) {
    if (cell["decoding"] == "plain") continue;
    EXPECT_THAT(cell["status"].get<std::string>(), HasSubstr("failed(parity: "));
  }
}

TEST_F(SweepCommand, DraftModelsThatAreMissingOrDontFitAreSkippedBeforeLoading) {
  Json script = Script();
  script["speculation"] = {{"draft", Json::object()}};
  const std::vector<std::string> asked = {"--dry-run", "--decode", "draft"};
  EXPECT_THAT(program_.Run(FakeSweep(script, asked)).out,
              HasSubstr("skipped(no draft model is named"));
  script["draft_refused"] = "vocabulary of 1000 tokens, the model's has 256";
  EXPECT_THAT(
      program_.Run(FakeSweep(script, {"--dry-run", "--decode", "draft", "--draft", "d.gguf"})).out,
      HasSubstr("skipped(draft: vocabulary of 1000 tokens"));
}

TEST_F(SweepCommand, HybridsAreSkippedUnlessTheRunnerRollsBack) {
  Json script = Script();
  script["model"]["n_recurrent_layers"] = 1;
  script["speculation"] = {{"lookup", Json::object()}};
  EXPECT_THAT(program_.Run(FakeSweep(script, {"--dry-run", "--decode", "lookup"})).out,
              HasSubstr("skipped(ssm: 1 recurrent layers"));
  script["recurrent"] = {"rollback"};
  const ProgramResult result = program_.Run(
      FakeSweep(script, {"--experts", "8", "--decode", "lookup", "--recurrent", "off,auto"}));
  EXPECT_LE(result.exit_code, 2) << result.err << result.out;
  std::vector<std::string> statuses;
  const Json show = Show();
  for (const Json& cell : show["cells"]) {
    if (cell["decoding"] == "lookup") statuses.push_back(cell["status"]);
  }
  EXPECT_THAT(statuses, testing::UnorderedElementsAre("ok", testing::StartsWith("skipped(ssm: ")));
}

TEST_F(SweepCommand, CrashInOneCellIsARowAndTheSweepGoesOn) {
  Json script = Script();
  script["misdeeds"] = {{{"do", "crash"}, {"k", 3}}};
  const ProgramResult result = program_.Run(FakeSweep(script));
  EXPECT_EQ(result.exit_code, 2) << result.err << result.out;
  const Json show = Show();
  EXPECT_THAT(CellOf(show, 3)["status"].get<std::string>(), HasSubstr("failed(crashed(SIGSEGV)"));
  EXPECT_EQ(CellOf(show, 2)["status"], "ok");
}

TEST_F(SweepCommand, IgnoredExpertCountIsInvalidNeverANumber) {
  Json script = Script();
  script["misdeeds"] = {{{"do", "executed_k"}, {"k", 4}, {"value", 8}}};
  const ProgramResult result = program_.Run(FakeSweep(script));
  EXPECT_EQ(result.exit_code, 2) << result.err << result.out;
  EXPECT_THAT(CellOf(Show(), 4)["status"].get<std::string>(), HasSubstr("invalid(not_obeyed"));
}

TEST_F(SweepCommand, ModelThatCannotBeLoadedIsReported) {
  Json script = Script();
  script["misdeeds"] = {{{"do", "error"}, {"request", "load"}, {"text", "tensor 7 is missing"}}};
  const ProgramResult result = program_.Run(FakeSweep(script));
  EXPECT_EQ(result.exit_code, 2) << result.err << result.out;
  EXPECT_THAT(CellOf(Show(), 8)["status"].get<std::string>(), HasSubstr("tensor 7 is missing"));
}

TEST_F(SweepCommand, SecondSweepOnTheSameDatabaseIsTurnedAway) {
  const Store holder = Store::OpenForWriting(program_.Path("s.sqlite"));
  const ProgramResult result = program_.Run(FakeSweep(Script()));
  EXPECT_EQ(result.exit_code, 75) << result.err;
  EXPECT_THAT(result.err, HasSubstr("s.sqlite"));
}

TEST_F(SweepCommand, CtrlCKeepsWhatIsThereAndResumeFinishesIt) {
  Json script = Script();
  script["sleep"] = true;
  script["tokens_per_s"] = {{"8", 400}};
  const std::vector<std::string> arguments = FakeSweep(script, {"--items", "4"});
  const ProgramRun::Started started = program_.Start(arguments);
  // Until the first rows are in the database; bounded by the test's own time limit.
  for (;;) {
    if (std::filesystem::exists(program_.Path("s.sqlite"))) {
      const ProgramResult probe = program_.Run({"show", "--db", "s.sqlite", "--json"});
      if (probe.exit_code == 0 && CellOf(Json::parse(probe.out), 8)["decode_tps"]["n"] > 1) break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  kill(started.pid, SIGINT);
  const ProgramResult interrupted = program_.Wait(started);
  EXPECT_EQ(interrupted.exit_code, 130) << interrupted.err;
  EXPECT_THAT(interrupted.err, HasSubstr("--resume"));
  const int before = CellOf(Show(), 8)["decode_tps"]["n"];
  EXPECT_GT(before, 0);

  std::vector<std::string> resume = arguments;
  resume.push_back("--resume");
  const ProgramResult resumed = program_.Run(resume);
  EXPECT_THAT(resumed.exit_code, testing::AnyOf(0, 2)) << resumed.err;
  const Json show = Show();
  EXPECT_EQ(show["sweep"]["id"], 1);
  for (const int k : {8, 6, 4, 3, 2, 1}) EXPECT_EQ(CellOf(show, k)["status"], "ok") << k;
  EXPECT_EQ(CellOf(show, 4)["decode_tps"]["n"], 9);
  EXPECT_EQ(program_.Run(resume).exit_code, 78) << "a finished sweep can't be resumed";
}

TEST_F(SweepCommand, BundledModelIsSweptByTheNativeEngine) {
  const ProgramResult result =
      program_.Run({"sweep", "-m", kDemo, "--experts", "8,4", "--placement", "interleave,local",
                    "--db", "s.sqlite", "--items", "22", "--max-tokens", "32", "--json"});
  EXPECT_THAT(result.exit_code, testing::AnyOf(0, 1, 2)) << result.err;
  const Json show = Json::parse(result.out);
  int cells = 0;
  for (const Json& cell : show["cells"]) {
    ++cells;
    EXPECT_EQ(cell["status"], "ok") << cell.dump(2);
    EXPECT_GT(cell["decode_tps"]["median"], 0);
    EXPECT_GT(cell["decode_tps"]["hi"], 0);
    EXPECT_EQ(cell["quality"]["n"], 22);
    EXPECT_GT(cell["bytes_per_token"], 0);
    EXPECT_EQ(cell["runner"], "native");
  }
  EXPECT_EQ(cells, 5);  // k = 8 and 4 under two policies, and the A/A control
}

}  // namespace
}  // namespace moebench
