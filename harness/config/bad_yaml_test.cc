// What a person gets for a configuration that is wrong: file, line and column, what is wrong there,
// and the way out; never a guess, never a crash.
#include <gmock/gmock.h>

#include "harness/base/error.h"
#include "harness/config/sweep_spec.h"

namespace moebench {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const KnownNames kKnown = {
    {"interleave", "local"}, {"plain", "lookup", "draft", "draft+lookup"}, {"native", "fake"}};

struct BadYaml {
  std::string yaml;
  const char* place;    // line:column
  const char* problem;  // a part of what is said
  const char* remedy;   // a part of the hint
};

class BadYamlFile : public testing::TestWithParam<BadYaml> {};

TEST_P(BadYamlFile, IsRefusedWithPlaceProblemAndRemedy) {
  const BadYaml& bad = GetParam();
  try {
    ParseSweepSpec(bad.yaml, "m.yaml", "/home/u", kKnown);
    ADD_FAILURE() << "was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kConfig);
    EXPECT_EQ(error.where(), "m.yaml:" + std::string(bad.place)) << error.what();
    EXPECT_THAT(error.problem(), HasSubstr(bad.problem));
    EXPECT_THAT(error.hint(), HasSubstr(bad.remedy));
    EXPECT_NE(error.hint(), "") << error.what();
    EXPECT_LT(std::string(error.what()).size(), 400u);
  }
}

const std::string kNul(1, '\0');

std::string TwoThousand(const std::string& text) {
  std::string many;
  for (int i = 0; i < 2000; ++i) many += text;
  return many;
}

INSTANTIATE_TEST_SUITE_P(
    Numbers, BadYamlFile,
    testing::Values(
        BadYaml{"axes: {experts: [0]}", "1:18", "'0' is not a whole number from 1 to 4096",
                "the smallest is 1"},
        BadYaml{"axes: {experts: [-3]}", "1:18", "'-3' is not", "the smallest is 1"},
        BadYaml{"axes: {experts: [5000]}", "1:18", "'5000' is not", "the largest is 4096"},
        BadYaml{"axes:\n  experts: [8, four]", "2:16", "'four' is not", "digits"},
        BadYaml{"axes: {experts: [3.5]}", "1:18", "'3.5' is not", "digits"},
        BadYaml{"axes: {experts: [010]}", "1:18", "'010' is not", "leading zeros"},
        BadYaml{"axes: {experts: [1_000]}", "1:18", "'1_000' is not", "digits"},
        BadYaml{"axes: {experts: [0x10]}", "1:18", "'0x10' is not", "leading zeros"},
        BadYaml{"axes: {experts: [1e3]}", "1:18", "'1e3' is not", "digits"},
        BadYaml{"axes: {experts: [+4]}", "1:18", "'+4' is not", "digits"},
        BadYaml{"axes: {experts: [4 k]}", "1:18", "'4 k' is not", "digits"},
        BadYaml{"axes: {experts: ['']}", "1:18", "'' is not", "digits"},
        BadYaml{"axes: {experts: ['\xd9\xa4']}", "1:18", "is not a whole number", "digits"},
        BadYaml{"axes: {experts: [99999999999999999999]}", "1:18", "is not a whole number",
                "digits"},
        BadYaml{"axes: {threads: [2, 1,5, 0]}", "1:26", "threads: '0'", "the smallest is 1"},
        BadYaml{"measure: {trials: 0}", "1:19", "from 1 to 1000", "the smallest is 1"},
        BadYaml{"measure: {trials: no}", "1:19", "'no' is not", "digits"},
        BadYaml{"measure: {sessions: 1001}", "1:21", "'1001'", "the largest is 1000"},
        BadYaml{"measure: {max_tokens: 15}", "1:23", "from 16 to", "the smallest is 16"},
        BadYaml{"measure: {controls: 17}", "1:21", "from 0 to 16", "the largest is 16"},
        BadYaml{"measure: {seed: -1}", "1:17", "'-1'", "the smallest is 0"},
        BadYaml{"quality: {items: 0}", "1:18", "'0'", "the smallest is 1"},
        BadYaml{"quality: {items: ALL}", "1:18", "'ALL'", "digits"},
        BadYaml{"speculation: {draft_tokens: 16}", "1:29", "from 1 to 15", "the largest is 15"}));

INSTANTIATE_TEST_SUITE_P(
    UnitsAndNames, BadYamlFile,
    testing::Values(
        BadYaml{"measure: {interval: 2}", "1:21", "'2' is not a percentage", "10%"},
        BadYaml{"measure: {interval: 2,5%}", "1:21", "'2' is not a percentage", "10%"},
        BadYaml{"quality: {flag_below: nan%}", "1:23", "percentage", "10%"},
        BadYaml{"quality: {flag_below: 100%}", "1:23", "percentage", "10%"},
        BadYaml{"quality: {flag_below: -5%}", "1:23", "percentage", "10%"},
        BadYaml{"limits: {load: 60}", "1:16", "'60' is not a duration", "with a unit"},
        BadYaml{"limits: {load: inf s}", "1:16", "duration", "with a unit"},
        BadYaml{"limits: {hang: -5s}", "1:16", "duration", "with a unit"},
        BadYaml{"limits: {request: 1e400s}", "1:19", "duration", "with a unit"},
        BadYaml{"limits: {budget: 6 hours}", "1:18", "'6 hours'", "6h"},
        BadYaml{"limits: {budget: '1,5h'}", "1:18", "'1,5h'", "6h"},
        BadYaml{"speculation: {min_probability: 1.5}", "1:32", "from 0 to 1", "0.4"},
        BadYaml{"speculation: {min_probability: 40%}", "1:32", "from 0 to 1", "0.4"},
        BadYaml{"speculation: {recurrent: rolback}", "1:26", "not a way back",
                "did you mean 'rollback'?"},
        BadYaml{"measure: {kv: f8}", "1:15", "'f8' is not a type", "did you mean 'f32'?"},
        BadYaml{"runner: nativ", "1:9", "'nativ'", "did you mean 'native'?"},
        BadYaml{"axes: {decoding: spec}", "1:18", "not a way of decoding", "one of: plain"},
        BadYaml{"axes:\n  placement: intreleave", "2:14", "'intreleave' is not a policy",
                "did you mean 'interleave'?"},
        BadYaml{"models: [{draft: d.gguf}]", "1:10", "has no path", "add 'path: MODEL.gguf'"},
        BadYaml{"models: [{path: a, drafts: d}]", "1:20", "'drafts' is not a key",
                "did you mean 'draft'?"},
        BadYaml{"models: [a.gguf, '']", "1:18", "the name is empty", "name it"},
        BadYaml{"database: ''", "1:11", "the name is empty", "leave the key out"},
        BadYaml{"measure:\n  max_sessions: 3\n  sessions: 5", "2:17", "is below sessions",
                "leave it out"}));

INSTANTIATE_TEST_SUITE_P(
    Structure, BadYamlFile,
    testing::Values(
        BadYaml{"", "1:1", "must be a map", "key: value"},
        BadYaml{"just text", "1:1", "must be a map", "key: value"},
        BadYaml{"- a\n- b", "1:1", "must be a map", "key: value"},
        BadYaml{"axes: [experts]", "1:7", "axes must be a map", "key: value"},
        BadYaml{"quality: 5", "1:10", "quality must be a map", "key: value"},
        BadYaml{"models: a\nexprets: 3", "2:1", "'exprets' is not a key", "one of: axes"},
        BadYaml{"axes: {exprets: 3}", "1:8", "'exprets' is not a key of axes",
                "did you mean 'experts'?"},
        BadYaml{"models: a\nsuite: b\nmodels: c", "3:1", "'models' stands here twice", "keep one"},
        BadYaml{"axes: {experts: {a: 1}}", "1:17", "must be a list", "[a, b]"},
        BadYaml{"axes: {experts: [[1]]}", "1:18", "single value", "experts: VALUE"},
        BadYaml{"axes: {experts: []}", "1:17", "the list is empty", "auto"},
        BadYaml{"models: ~", "1:9", "must be a list", "[a, b]"},
        BadYaml{"measure: {trials: }", "1:19", "single value", "trials: VALUE"},
        BadYaml{"database: [a, b]", "1:11", "single value", "database: VALUE"},
        BadYaml{"? [a, b]\n: c", "1:3", "a key must be a single word", "key: value"},
        BadYaml{"models: a\n---\nmodels: b", "2:1", "a second document", "'---'"},
        BadYaml{"a: &x [1]\nb: *x", "2:4", "aliases", "write the value out"},
        BadYaml{"axes: &a {experts: 3}\nmeasure:\n  <<: *a", "3:7", "aliases", "write the value"},
        BadYaml{"models: " + std::string(33, '[') + std::string(33, ']'), "1:40", "32 levels",
                "no key here"}));

INSTANTIATE_TEST_SUITE_P(
    NotYaml, BadYamlFile,
    testing::Values(BadYaml{"models:\n\t- a", "2:2", "is not YAML", "indentation"},
                    BadYaml{"models: [a", "1:9", "is not YAML", "quotes"},
                    BadYaml{"models:\n  - {a: 1\n", "2:5", "is not YAML", "quotes"},
                    BadYaml{"models: \"a", "1:11", "is not YAML", "quotes"},
                    BadYaml{"models: @a", "1:9", "is not YAML", "quotes"},
                    BadYaml{"a: b: c", "1:5", "is not YAML", "indentation"},
                    BadYaml{"- a\nb: c", "2:1", "a second document", "too far to the left"},
                    BadYaml{"%YAML 9.9\n---\nmodels: a", "1:1", "is not YAML", "indentation"},
                    BadYaml{"models: a" + kNul + "b", "1", "NUL", "UTF-8"},
                    BadYaml{"models: a\nsuite: " + kNul, "2", "NUL", "UTF-8"},
                    BadYaml{"\xff\xfem" + kNul + "o" + kNul, "1", "NUL", "UTF-8"},  // UTF-16
                    BadYaml{"models: " + std::string(10000, '['), "1:25", "32 levels",
                            "no key here"},
                    BadYaml{TwoThousand("a: {"), "1:128", "32 levels", "no key here"},
                    BadYaml{std::string(300, 'x') + ": 1", "1:1", "is not a key", "one of: "}));

TEST(BadYamlFiles, ControlCharactersOfAKeyDoNotReachTheTerminalRaw) {
  try {
    ParseSweepSpec("\"\\e[31mred\": 1", "m.yaml", "/", kKnown);
    ADD_FAILURE() << "was taken";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), StartsWith("m.yaml:1:1: "));
  }
}

// Half a million values are refused or read within the test's time, never by a deep recursion.
TEST(BadYamlFiles, AMebibyteOfAnythingEndsSoon) {
  for (const std::string unit : {"- ", "? ", "{", "[", "a: ", "!a ", "\"", "\n", "| \n "}) {
    std::string text;
    while (text.size() < (1 << 18)) text += unit;
    try {
      ParseSweepSpec(text, "m.yaml", "/", kKnown);
      ADD_FAILURE() << "was taken: " << unit;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kConfig) << unit;
    }
  }
}

TEST(BadYamlFiles, AMarkOfOrderAndWindowsLineEndsAreFine) {
  const SweepSpec spec =
      ParseSweepSpec("\xef\xbb\xbfmodels: [a]\r\nsuite: /s/x\r\n", "m.yaml", "/", kKnown);
  EXPECT_THAT(spec.models, testing::ElementsAre("/a"));
  EXPECT_THAT(spec.suite, Not(HasSubstr("\r")));
}

}  // namespace
}  // namespace moebench
