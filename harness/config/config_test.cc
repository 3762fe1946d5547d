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

TEST(Cell, AFileThatAPlacementNamesIsKnownByWhatItHolds) {
  Cell a{.model_sha256 = "m", .k = 4, .placement = "expert-shard/l3@load=a/t", .threads = 2};
  const std::string unread = CellId(a);
  a.placement_content = "0123456789ab";
  EXPECT_NE(CellId(a), unread);
  Cell b = a;
  b.placement = "expert-shard/l3@load=/moved/to=here@t";
  EXPECT_EQ(CellId(a), CellId(b));
  b.placement = "expert-shard/l3@apart=a/t";
  EXPECT_NE(CellId(a), CellId(b));
  b = a;
  b.placement_content = "ba9876543210";
  EXPECT_NE(CellId(a), CellId(b));
}

// History is joined on this id: a change of the function would orphan every stored night.
TEST(Cell, IdIsStableAcrossVersions) {
  const Cell cell{.model_sha256 = "abc", .k = 4, .placement = "local", .threads = 2};
  EXPECT_EQ(CellId(cell), "f8622e46d9a3278c");
  EXPECT_EQ(CellLabel(cell), "k=4 plain local t=2");
}

}  // namespace
}  // namespace moebench
