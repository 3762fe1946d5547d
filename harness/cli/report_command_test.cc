// Reports through the built program: both formats, the load of the experts, what it refuses.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/base/files.h"
#include "harness/cli/testing_program.h"

namespace moebench {
namespace {

using Json = nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ReportCommand : public testing::Test {
 protected:
  void SetUp() override {
    Json script = Json::object();
    std::string items;
    for (int i = 0; i < 6; ++i) {
      const std::string question = "question " + std::to_string(i);
      script["answers"][question] = "answer";
      items += Json{{"id", "q" + std::to_string(i)},
                    {"prompt", question},
                    {"max_tokens", 8},
                    {"grader", {{"kind", "exact"}, {"expected", {"answer"}}}}}
                   .dump() +
               '\n';
    }
    program_.Write("items.jsonl", items);
    program_.Write("speed.jsonl", "{\"id\": \"s\", \"prompt\": \"Once upon a time\"}\n");
    program_.Write("script.json", script.dump());
    program_.Run({"sweep", "-m", "fake.gguf", "--runner", "fake", "--suite", ".", "--fake-script",
                  "script.json", "--db", "s.sqlite", "--max-tokens", "16", "--experts", "8,4",
                  "--sessions", "1"});
  }
  ProgramResult Report(std::vector<std::string> more) const {
    more.insert(more.begin(), {"report", "--db", "s.sqlite"});
    return program_.Run(more);
  }
  // Two tokens in one layer of so many experts.
  void WriteTrace(const std::string& name, int experts) const {
    program_.Write(
        name, "moebench-routing/1 experts=" + std::to_string(experts) + " layers=1\n0 1\n0 2\n");
  }

  ProgramRun program_;
};

TEST_F(ReportCommand, SpellsOutHowToDoItAgain) {
  const ProgramResult result = Report({"--format", "md"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("--sessions 1"), HasSubstr("--max-tokens 16"),
                                HasSubstr("No sweep of these models came before")));
}

TEST_F(ReportCommand, ShowsTheLoadOfTheExpertsWhereATraceIsNamed) {
  const int experts = 32;  // the fake runner's model
  WriteTrace("a.routing", experts);
  const ProgramResult html =
      Report({"--format", "html", "--routing", "a.routing", "-o", "report.html"});
  EXPECT_EQ(html.exit_code, 0) << html.err;
  EXPECT_THAT(ReadFile(program_.Path("report.html"), 1 << 24),
              AllOf(HasSubstr("Load of the experts"), HasSubstr("a.routing")));
  EXPECT_THAT(Report({"--format", "md"}).out, Not(HasSubstr("Load of the experts")));
}

TEST_F(ReportCommand, WritesWhatTheFilesNameSays) {
  const auto written = [&](const std::vector<std::string>& arguments, const std::string& name) {
    EXPECT_EQ(Report(arguments).exit_code, 0);
    return ReadFile(program_.Path(name), 1 << 24);
  };
  EXPECT_THAT(written({"-o", "a.html"}, "a.html"), testing::StartsWith("<!doctype html>"));
  EXPECT_THAT(written({"-o", "a.txt"}, "a.txt"), testing::StartsWith("# moebench"));
  EXPECT_THAT(written({"--format", "md", "-o", "b.html"}, "b.html"),
              testing::StartsWith("# moebench"));
}

TEST_F(ReportCommand, RefusesATraceThatIsNotTheModels) {
  WriteTrace("other.routing", 7);
  const ProgramResult other = Report({"--routing", "other.routing"});
  EXPECT_EQ(other.exit_code, 64);
  EXPECT_THAT(other.err, HasSubstr("is of 7 experts"));
  WriteTrace("a.routing", 32);
  const ProgramResult many = Report({"--routing", "a.routing", "--routing", "a.routing"});
  EXPECT_EQ(many.exit_code, 64);
  EXPECT_THAT(many.err, HasSubstr("one trace too many, the sweep has 1 model"));
}

}  // namespace
}  // namespace moebench
