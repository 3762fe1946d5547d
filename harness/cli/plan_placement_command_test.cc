// moebench plan-placement, run as a user would.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/cli/testing_program.h"

namespace moebench {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

class PlanPlacementCommand : public testing::Test {
 protected:
  PlanPlacementCommand() {
    program_.Write("t.routing", "moebench-routing/1 experts=4 layers=1\n0 1\n1 2\n2 3\n3 0\n");
  }
  ProgramRun program_;
};

TEST_F(PlanPlacementCommand, ThisMachineAndATraceAreOneTable) {
  const ProgramResult result = program_.Run({"plan-placement", "--trace", "t.routing"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("this machine"));
  EXPECT_THAT(result.out, HasSubstr("expert-shard(against co-activation)"));
}

TEST_F(PlanPlacementCommand, JsonHasEveryTraceAndBatch) {
  const ProgramResult result = program_.Run({"plan-placement", "--trace", "t.routing", "--trace",
                                             "t.routing", "--batch", "1,2", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json json = Json::parse(result.out);
  EXPECT_EQ(json["schema"], "moebench.plan-placement/1");
  EXPECT_EQ(json["forecasts"].size(), 4u);
  EXPECT_FALSE(json["placements"].empty());
}

TEST_F(PlanPlacementCommand, ATraceOfTheDemoModelIsRecordedAndForecast) {
  const std::string demo = MOEBENCH_SOURCE_DIR "/suites/demo/demo-moe.gguf";
  program_.Write("text.txt", "Here is a story. Long ago, a frog called Dana was born.");
  const ProgramResult traced = program_.Run({"trace-routing", "-m", demo, "-f", "text.txt", "-o",
                                             "demo.routing", "--experts", "4", "-n", "8"});
  ASSERT_EQ(traced.exit_code, 0) << traced.err;
  const ProgramResult result =
      program_.Run({"plan-placement", "-m", demo, "--trace", "demo.routing", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json json = Json::parse(result.out);
  EXPECT_EQ(json["forecasts"][0]["k"], 4.0);
  EXPECT_GT(json["forecasts"][0]["policies"][0]["busiest_bytes_per_token"], 1000);
}

TEST_F(PlanPlacementCommand, WhatASweepRecordedIsForecastInItsModelsBytes) {
  program_.Write("items.jsonl", R"({"id": "q", "prompt": "2+3=", "max_tokens": 8,)"
                                R"( "grader": {"kind": "exact", "expected": ["5"]}})"
                                "\n");
  program_.Write("speed.jsonl", "{\"id\": \"s\", \"prompt\": \"Once upon a time\"}\n");
  program_.Write("script.json", R"({"routing_skew": 1, "answers": {"2+3=": "5"}})");
  const ProgramResult sweep =
      program_.Run({"sweep", "-m", "fake.gguf", "--runner", "fake", "--suite", ".", "--fake-script",
                    "script.json", "--db", "s.sqlite", "--max-tokens", "16", "--experts", "8",
                    "--sessions", "1"});
  ASSERT_EQ(sweep.exit_code, 0) << sweep.err;
  const ProgramResult result = program_.Run({"plan-placement", "--db", "s.sqlite", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json forecast = Json::parse(result.out)["forecasts"][0];
  EXPECT_EQ(forecast["k"], 8.0);
  EXPECT_THAT(forecast["trace"].get<std::string>(), HasSubstr("sweep 1, "));
  EXPECT_GT(forecast["policies"][0]["busiest_bytes_per_token"], 1000);

  const ProgramResult exported =
      program_.Run({"export", "--db", "s.sqlite", "--format", "routing", "-o", "recorded.routing"});
  ASSERT_EQ(exported.exit_code, 0) << exported.err;
  const ProgramResult same =
      program_.Run({"plan-placement", "--trace", "recorded.routing", "--json"});
  ASSERT_EQ(same.exit_code, 0) << same.err;
  EXPECT_EQ(Json::parse(same.out)["forecasts"][0]["k"], 8.0);

  const ProgramResult report = program_.Run({"report", "--db", "s.sqlite", "--format", "md"});
  EXPECT_THAT(report.out, HasSubstr("Load of the experts"));
  EXPECT_THAT(report.out, HasSubstr("that session 1 of this sweep recorded at k = 8"));
}

TEST_F(PlanPlacementCommand, EveryInstanceIsPlannedUnderTheNameThatWasAskedFor) {
  const ProgramResult result = program_.Run(
      {"plan-placement", "--placement", "replicate,local", "--instances", "node,node", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json placements = Json::parse(result.out)["placements"];
  const size_t nodes = placements.size() / 2;  // of this machine; the second word adds nothing
  ASSERT_GE(nodes, 1u);
  EXPECT_EQ(placements[0]["asked"], "replicate");
  EXPECT_THAT(placements[0]["placement"].get<std::string>(), StartsWith("local:"));
  EXPECT_EQ(placements[nodes - 1]["instance"], nodes - 1);
  EXPECT_EQ(placements[nodes]["asked"], "local");
  EXPECT_EQ(placements[nodes]["instances"], nodes);
}

TEST_F(PlanPlacementCommand, WhatIsNotUnderstoodIsNamed) {
  const auto expect = [&](const std::vector<std::string>& arguments, int code, const char* what) {
    const ProgramResult result = program_.Run(arguments);
    EXPECT_EQ(result.exit_code, code) << result.err;
    EXPECT_THAT(result.err, HasSubstr(what));
  };
  expect({"plan-placement", "--placement", "local:0-1"}, 64, "local is one node");
  expect({"plan-placement", "--trace", "t.routing", "--batch", "5"}, 64, "a trace of 4");
  expect({"plan-placement", "-m", "x.gguf"}, 64, "add --trace");
  expect({"plan-placement", "--trace", "t.routing", "--sweep", "1"}, 64, "name one of them");
  program_.Write("bad.routing", "moebench-routing/1 experts=4 layers=1\n0 4\n");
  expect({"plan-placement", "--trace", "bad.routing"}, 65, "bad.routing:2");
}

}  // namespace
}  // namespace moebench
