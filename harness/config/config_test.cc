#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/base/error.h"
#include "harness/config/cell.h"
#include "harness/config/scalars.h"
#include "harness/config/sweep_spec.h"

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const KnownNames kKnown = {
    {"interleave", "local"}, {"plain", "lookup", "draft", "draft+lookup"}, {"native", "fake"}};

SweepSpec Parse(const std::string& yaml) {
  return ParseSweepSpec(yaml, "m.yaml", "/home/u", kKnown);
}

std::string ErrorOf(const std::string& yaml) {
  try {
    Parse(yaml);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kConfig);
    return error.what();
  }
  return "no error";
}

TEST(SweepSpec, InstancesAreNumbersOrOneForEachNodeOrCache) {
  EXPECT_THAT(Parse("axes: {instances: [1, 2, node, l3]}").instances,
              ElementsAre("1", "2", "node", "l3"));
  EXPECT_THAT(Parse("axes: {instances: 4}").instances, ElementsAre("4"));
  EXPECT_THAT(Parse("axes: {threads: 2}").instances, ElementsAre("1"));
  EXPECT_TRUE(Parse("axes: {instances: auto}").instances.empty());
  EXPECT_THAT(ErrorOf("axes: {instances: [0]}"), HasSubstr("m.yaml:1:"));
  EXPECT_THAT(ErrorOf("axes: {instances: socket}"), HasSubstr("instances"));
}

TEST(SweepSpec, OneInstanceIsTheSweepItWasBeforeThereWasTheAxis) {
  EXPECT_FALSE(SpecToJson(SweepSpec{}).contains("instances"));
  SweepSpec two;
  two.instances = {"1", "2"};
  EXPECT_EQ(SpecToJson(two)["instances"].size(), 2u);
}

TEST(Cell, InstancesAreASettingOfTheirOwn) {
  Cell one;
  one.model_sha256 = "abc";
  one.k = 4;
  one.placement = "local";
  one.threads = 2;
  Cell four = one;
  four.instances = 4;
  EXPECT_NE(CellId(one), CellId(four));
  EXPECT_EQ(CellLabel(four), "k=4 plain local 4 x t=2");
}

TEST(SweepSpec, ReadsEveryKey) {
  const SweepSpec spec = Parse(R"(
models: [a.gguf, /b.gguf]
suite: suites/demo
database: r/db.sqlite
axes: {experts: [8, 4], decoding: [plain, lookup], placement: local, threads: [2]}
measure: {sessions: 3, max_sessions: 9, interval: 1.5%, trials: 5, max_tokens: 64, kv: q8_0,
          controls: 2, seed: 7}
quality: {items: 40, flag_below: 12.5%}
limits: {load: 5min, hang: 10s, request: 500ms, budget: 6h}
)");
  EXPECT_THAT(spec.models, ElementsAre("/home/u/a.gguf", "/b.gguf"));
  EXPECT_EQ(spec.suite, "/home/u/suites/demo");
  EXPECT_EQ(spec.database, "/home/u/r/db.sqlite");
  EXPECT_THAT(spec.experts, ElementsAre(8, 4));
  EXPECT_THAT(spec.decoding, ElementsAre("plain", "lookup"));
  EXPECT_THAT(spec.placement, ElementsAre("local"));
  EXPECT_THAT(spec.threads, ElementsAre(2));
  EXPECT_EQ(spec.sessions, 3);
  EXPECT_EQ(spec.max_sessions, 9);
  EXPECT_DOUBLE_EQ(spec.interval, 0.015);
  EXPECT_EQ(spec.trials, 5);
  EXPECT_EQ(spec.kv, "q8_0");
  EXPECT_EQ(spec.items, 40);
  EXPECT_DOUBLE_EQ(spec.flag_below, 0.125);
  EXPECT_DOUBLE_EQ(spec.load_timeout_s, 300);
  EXPECT_DOUBLE_EQ(spec.request_timeout_s, 0.5);
  EXPECT_DOUBLE_EQ(spec.budget_s, 21600);
}

TEST(SweepSpec, ReadsDraftModelsAndHowToSpeculate) {
  const SweepSpec spec = Parse(R"(
models: [a.gguf, {path: b.gguf, draft: small.gguf}, {path: c.gguf, draft: none}]
draft: d.gguf
speculation: {draft_tokens: 4, min_probability: 0.25, recurrent: [off, auto]}
)");
  EXPECT_THAT(spec.models, ElementsAre("/home/u/a.gguf", "/home/u/b.gguf", "/home/u/c.gguf"));
  EXPECT_EQ(DraftOf(spec, "/home/u/a.gguf"), "/home/u/d.gguf");
  EXPECT_EQ(DraftOf(spec, "/home/u/b.gguf"), "/home/u/small.gguf");
  EXPECT_EQ(DraftOf(spec, "/home/u/c.gguf"), "");
  EXPECT_EQ(spec.draft_tokens, 4);
  EXPECT_DOUBLE_EQ(spec.min_probability, 0.25);
  EXPECT_THAT(spec.recurrent, ElementsAre("off", "auto"));
  const SweepSpec usual = Parse("speculation: {draft_tokens: auto}");
  EXPECT_EQ(usual.draft_tokens, 0);
  EXPECT_THAT(usual.recurrent, ElementsAre("auto"));
}

TEST(SweepSpec, AutoLeavesTheAxisOpen) {
  const SweepSpec spec = Parse("axes: {experts: auto, placement: auto, threads: auto}");
  EXPECT_TRUE(spec.experts.empty());
  EXPECT_TRUE(spec.placement.empty());
  EXPECT_TRUE(spec.threads.empty());
}

TEST(SweepSpec, ErrorsNamePlaceAndRemedy) {
  EXPECT_EQ(ErrorOf("axes:\n  placement: intreleave"),
            "m.yaml:2:14: placement: 'intreleave' is not a policy; did you mean 'interleave'?");
  EXPECT_EQ(ErrorOf("models: a\nexprets: 3"),
            "m.yaml:2:1: 'exprets' is not a key; one of: axes, database, draft, fake_script, "
            "judge, limits, "
            "measure, models, quality, runner, speculation, suite");
  EXPECT_EQ(ErrorOf("axes: {exprets: 3}"),
            "m.yaml:1:8: 'exprets' is not a key of axes; did you mean 'experts'?");
}

struct BadYaml {
  const char* yaml;
  const char* message;
};
class SweepSpecRefuses : public testing::TestWithParam<BadYaml> {};

TEST_P(SweepSpecRefuses, WithTheReason) {
  EXPECT_THAT(ErrorOf(GetParam().yaml), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Hostile, SweepSpecRefuses,
    testing::Values(BadYaml{"axes: {experts: [0]}", "'0' is not a whole number from 1"},
                    BadYaml{"axes: {experts: [-3]}", "'-3' is not"},
                    BadYaml{"axes: {experts: [four]}", "'four' is not"},
                    BadYaml{"axes: {experts: [3.5]}", "'3.5' is not"},
                    BadYaml{"axes: {experts: [010]}", "leading zeros"},
                    BadYaml{"axes: {experts: [1_000]}", "'1_000' is not"},
                    BadYaml{"axes: {experts: [99999999999999999999]}", "is not a whole number"},
                    BadYaml{"axes: {experts: {a: 1}}", "must be a list"},
                    BadYaml{"axes: {experts: [[1]]}", "single value"},
                    BadYaml{"axes: {experts: []}", "the list is empty"},
                    BadYaml{"axes: [experts]", "must be a map"}, BadYaml{"- a", "must be a map"},
                    BadYaml{"", "must be a map"}, BadYaml{"just text", "must be a map"},
                    BadYaml{"measure: {trials: 0}", "from 1 to 1000"},
                    BadYaml{"measure: {trials: }", "single value"},
                    BadYaml{"measure: {interval: 2}", "write it with the sign: 10%"},
                    BadYaml{"measure: {kv: f8}", "'f8' is not a type of the KV cache"},
                    BadYaml{"measure: {max_sessions: 0}", "from 1 to 1000"},
                    BadYaml{"measure: {sessions: 5, max_sessions: 3}", "is below sessions"},
                    BadYaml{"measure: {trials: no}", "'no' is not"},
                    BadYaml{"measure: {trials: 3, trials: 4}", "stands here twice"},
                    BadYaml{"quality: {flag_below: 10}", "write it with the sign: 10%"},
                    BadYaml{"quality: {flag_below: nan%}", "percentage"},
                    BadYaml{"quality: {flag_below: 100%}", "percentage"},
                    BadYaml{"limits: {load: 60}", "write a number with a unit"},
                    BadYaml{"limits: {load: inf s}", "duration"},
                    BadYaml{"limits: {load: -5s}", "duration"},
                    BadYaml{"runner: nativ", "did you mean 'native'?"},
                    BadYaml{"axes: {decoding: spec}", "is not a way of decoding"},
                    BadYaml{"models: [{draft: d.gguf}]", "the model has no path"},
                    BadYaml{"models: [{path: a, drafts: d}]", "did you mean 'draft'?"},
                    BadYaml{"speculation: {draft_tokens: 16}", "from 1 to 15"},
                    BadYaml{"speculation: {min_probability: 1.5}", "a number from 0 to 1"},
                    BadYaml{"speculation: {min_probability: 40%}", "a number from 0 to 1"},
                    BadYaml{"speculation: {recurrent: rolback}", "did you mean 'rollback'?"},
                    BadYaml{"a: &x [1]\nb: *x", "aliases"},
                    BadYaml{"models:\n\t- a", "is not YAML"}, BadYaml{"models: [a", "is not YAML"},
                    BadYaml{"? [a, b]\n: c", "a key must be a single word"}));

TEST(SweepSpec, RefusesDeepNestingAndBinary) {
  EXPECT_THAT(ErrorOf("models: " + std::string(33, '[') + std::string(33, ']')),
              HasSubstr("32 levels"));
  EXPECT_THAT(ErrorOf("models: " + std::string(10000, '[')), StartsWith("m.yaml"));
  EXPECT_THAT(ErrorOf(std::string("models: a\0b", 11)), HasSubstr("NUL"));
}

TEST(SweepSpec, MissingFileIsAConfigurationError) {
  try {
    LoadSweepSpec("/nonexistent/moebench.yaml", kKnown);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kConfig);
    EXPECT_THAT(error.what(), HasSubstr("/nonexistent/moebench.yaml"));
  }
}

TEST(Cell, IdDependsOnTheSettingNotOnThePath) {
  Cell a{.model_path = "x", .model_sha256 = "m", .k = 4, .placement = "local", .threads = 2};
  Cell b = a;
  b.model_path = "y";
  b.baseline = true;
  EXPECT_EQ(CellId(a), CellId(b));
  b.k = 3;
  EXPECT_NE(CellId(a), CellId(b));
  b = a;
  b.control = 1;
  EXPECT_NE(CellId(a), CellId(b));
}

TEST(Cell, AnotherKvTypeIsAnotherCell) {
  const Cell usual{.model_sha256 = "abc", .k = 4, .placement = "local", .threads = 2};
  Cell other = usual;
  other.kv = "q8_0";
  EXPECT_NE(CellId(other), CellId(usual));
  EXPECT_EQ(CellLabel(other), "k=4 plain local t=2 kv=q8_0");
  other.kv = "";  // of a database that knew no such thing
  EXPECT_EQ(CellId(other), CellId(usual));
  EXPECT_EQ(CellLabel(other), CellLabel(usual));
}

TEST(Cell, HowItGuessesIsPartOfASpeculativeSettingOnly) {
  Cell a{.model_sha256 = "m", .k = 4, .decoding = "draft", .placement = "local", .threads = 2};
  a.guessing = {.draft_path = "d.gguf", .draft_sha256 = "d", .recurrent = "rollback"};
  Cell b = a;
  b.guessing.draft_path = "elsewhere/d.gguf";
  EXPECT_EQ(CellId(a), CellId(b));
  for (const Guessing& other :
       {Guessing{.draft_sha256 = "e", .recurrent = "rollback"},
        Guessing{.draft_sha256 = "d", .draft_tokens = 4, .recurrent = "rollback"},
        Guessing{.draft_sha256 = "d", .min_probability = 0.1, .recurrent = "rollback"},
        Guessing{.draft_sha256 = "d", .recurrent = "checkpoint"}}) {
    b.guessing = other;
    EXPECT_NE(CellId(a), CellId(b));
  }
  EXPECT_EQ(CellLabel(a), "k=4 draft local t=2 rollback");
  a.guessing.recurrent = "off";
  EXPECT_EQ(CellLabel(a), "k=4 draft local t=2 no rollback");
  b = a;
  a.decoding = b.decoding = "plain";
  b.guessing = {};
  EXPECT_EQ(CellId(a), CellId(b));
}

// History is joined on this id: a change of the function would orphan every stored night.
TEST(Cell, IdIsStableAcrossVersions) {
  const Cell cell{.model_sha256 = "abc", .k = 4, .placement = "local", .threads = 2};
  EXPECT_EQ(CellId(cell), "f8622e46d9a3278c");
  EXPECT_EQ(CellLabel(cell), "k=4 plain local t=2");
}

}  // namespace
}  // namespace moebench
