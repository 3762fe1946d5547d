// moebench compare and baseline, through the built program.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/cli/testing_program.h"

namespace moebench {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

class CompareCommand : public testing::Test {
 protected:
  void SetUp() override {
    program_.Write("items.jsonl", R"({"id":"q","prompt":"2+3=","max_tokens":8,)"
                                  R"("grader":{"kind":"exact","expected":["5"]}})"
                                  "\n");
    program_.Write("speed.jsonl", "{\"id\": \"s\", \"prompt\": \"Once upon a time\"}\n");
  }
  ProgramResult Sweep(double k4_tps, const std::string& db = "s.sqlite") {
    const Json script = {{"tokens_per_s", {{"8", 100}, {"4", k4_tps}}},
                         {"answers", {{"2+3=", "5"}}}};
    program_.Write("script.json", script.dump());
    return program_.Run({"sweep", "-m", "fake.gguf", "--runner", "fake", "--suite", ".",
                         "--fake-script", "script.json", "--db", db, "--max-tokens", "32",
                         "--experts", "8,4"});
  }
  ProgramResult Compare(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "compare");
    return program_.Run(arguments);
  }

  ProgramRun program_;
};

TEST_F(CompareCommand, TellsWhatBecameSlower) {
  Sweep(150);
  Sweep(120);
  const ProgramResult result = Compare({"1", "latest", "--db", "s.sqlite", "--json"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  const Json json = Json::parse(result.out);
  EXPECT_EQ(json["schema"], "moebench.compare/1");
  EXPECT_EQ(json["counts"]["flagged"], 1) << result.out;
  const ProgramResult text = Compare({"1", "2", "--db", "s.sqlite"});
  EXPECT_THAT(text.out, HasSubstr("decode -20 %"));
  EXPECT_THAT(text.out, HasSubstr("assumed: fewer than 8"));
}

TEST_F(CompareCommand, TakesTwoDatabases) {
  Sweep(150, "a.sqlite");
  Sweep(150, "b.sqlite");
  const ProgramResult result = Compare({"a.sqlite", "b.sqlite:1", "--json"});
  EXPECT_EQ(Json::parse(result.out)["counts"]["flagged"], 0) << result.err;
  EXPECT_NE(result.exit_code, 1);
}

TEST_F(CompareCommand, NamesWhatItDoesNotKnow) {
  Sweep(150);
  const ProgramResult typo = Compare({"lastest", "1", "--db", "s.sqlite"});
  EXPECT_EQ(typo.exit_code, 64);
  EXPECT_THAT(typo.err, HasSubstr("'lastest' is neither a sweep nor a database"));
  EXPECT_EQ(Compare({"1", "9", "--db", "s.sqlite"}).exit_code, 64);
  EXPECT_EQ(Compare({"1"}).exit_code, 64);
}

TEST_F(CompareCommand, BaselinesArePromotedPinnedAndListed) {
  Sweep(150);
  Sweep(150);
  EXPECT_EQ(
      program_.Run({"baseline", "pin", "1", "--note", "release", "--db", "s.sqlite"}).exit_code, 0);
  EXPECT_EQ(program_.Run({"baseline", "promote", "--db", "s.sqlite"}).exit_code, 0);
  const ProgramResult list = program_.Run({"baseline", "list", "--db", "s.sqlite"});
  EXPECT_EQ(list.exit_code, 0) << list.err;
  EXPECT_THAT(list.out, HasSubstr("pinned"));
  EXPECT_THAT(list.out, HasSubstr("(release)"));
  EXPECT_THAT(list.out, HasSubstr("promoted"));
  EXPECT_EQ(program_.Run({"baseline", "pin", "7", "--db", "s.sqlite"}).exit_code, 64);
}

}  // namespace
}  // namespace moebench
