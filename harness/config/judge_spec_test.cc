// The judge in moebench.yaml.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/base/error.h"
#include "harness/config/sweep_spec.h"

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

SweepSpec Parse(const std::string& yaml) {
  return ParseSweepSpec(yaml, "m.yaml", "/home/u", {{"local"}, {"plain"}, {"native"}});
}

std::string ErrorOf(const std::string& yaml) {
  try {
    Parse(yaml);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(JudgeSpec, ReadsEveryKey) {
  const JudgeSpec judge = Parse(R"(
judge:
  kind: openai
  model: m
  url: http://localhost:8080
  key_file: keys/judge
  items: 60
  budget: {requests: 2000, usd: 5}
  price: {input: 0.25, output: 15}
  private_network: yes
)")
                              .judge;
  EXPECT_EQ(judge.kind, "openai");
  EXPECT_EQ(judge.model, "m");
  EXPECT_EQ(judge.url, "http://localhost:8080");
  EXPECT_EQ(judge.key_file, "/home/u/keys/judge");
  EXPECT_EQ(judge.items, 60);
  EXPECT_EQ(judge.max_requests, 2000);
  EXPECT_EQ(judge.max_usd, 5);
  EXPECT_EQ(judge.usd_per_million_input, 0.25);
  EXPECT_EQ(judge.usd_per_million_output, 15);
  EXPECT_TRUE(judge.private_network);
  EXPECT_THAT(Parse("judge: {kind: command, command: [/bin/j, --fast]}").judge.command,
              ElementsAre("/bin/j", "--fast"));
  EXPECT_EQ(Parse("judge: {kind: gguf, key_env: NAME}").judge.key_env, "NAME");
  EXPECT_EQ(Parse("suite: .").judge.kind, "");
}

TEST(JudgeSpec, MistakesAreNamed) {
  EXPECT_THAT(ErrorOf("judge: {kind: antropic}"), HasSubstr("did you mean 'anthropic'?"));
  EXPECT_THAT(ErrorOf("judge: {key: abc}"), HasSubstr("'key' is not a key of judge"));
  EXPECT_THAT(ErrorOf("judge: {budget: {usd: free}}"), HasSubstr("'free' is not a number above 0"));
  EXPECT_THAT(ErrorOf("judge: {price: {input: -1}}"), HasSubstr("'-1' is not a number above 0"));
  EXPECT_THAT(ErrorOf("judge: {private_network: perhaps}"), HasSubstr("perhaps"));
}

TEST(JudgeSpec, WhatIsStoredNamesTheJudgeAndNotItsKey) {
  const std::string with =
      SpecToJson(Parse("judge: {kind: openai, model: m, key_file: /k, key_env: VAR}")).dump();
  EXPECT_THAT(with, HasSubstr("openai"));
  EXPECT_THAT(with, Not(HasSubstr("/k")));
  EXPECT_THAT(with, Not(HasSubstr("VAR")));
  EXPECT_FALSE(SpecToJson(Parse("suite: .")).contains("judge"));
}

}  // namespace
}  // namespace moebench
