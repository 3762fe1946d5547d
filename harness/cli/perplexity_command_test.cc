// `moebench perplexity` as a user runs it, on the bundled model and text.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/cli/testing_program.h"

namespace moebench {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::string kDemoFolder = std::string(MOEBENCH_SOURCE_DIR) + "/suites/demo";
const std::string kDemo = kDemoFolder + "/demo-moe.gguf", kText = kDemoFolder + "/text.txt";

TEST(PerplexityCommand, HoldsEveryExpertCountAgainstTheModelsOwn) {
  const ProgramRun program;
  const ProgramResult result = program.Run({"perplexity", "-m", kDemo, "-f", kText, "--experts",
                                            "2,8", "--context", "128", "--chunks", "6", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json out = json::parse(result.out);
  EXPECT_EQ(out["schema"], "moebench.perplexity/1");
  EXPECT_EQ(out["windows"], 6);
  EXPECT_EQ(out["scored_tokens"], 6 * 63);
  EXPECT_EQ(out["base_k"], 8);
  ASSERT_EQ(out["arms"].size(), 2u);
  const json &base = out["arms"][0], &fewer = out["arms"][1];
  EXPECT_EQ(base["k"], 8);
  EXPECT_TRUE(base["against_base"].is_null());
  EXPECT_EQ(fewer["k_executed_max"], 2);
  const json& d = fewer["against_base"];
  // Two experts of eight: the cliff of this model lies above.
  EXPECT_GT(d["perplexity_ratio"], 1.05);
  EXPECT_NEAR(d["perplexity_ratio"],
              fewer["perplexity"].get<double>() / base["perplexity"].get<double>(), 1e-9);
  EXPECT_GT(d["kl_mean"], 0.05);
  EXPECT_GT(d["kl_p99"], d["kl_mean"]);
  EXPECT_LT(d["same_top"], 1.0);
}

TEST(PerplexityCommand, ACountAgainstItselfDoesNotDiffer) {
  const ProgramRun program;
  const ProgramResult result = program.Run({"perplexity", "-m", kDemo, "-f", kText, "--experts",
                                            "4", "--against", "4", "-c", "128", "--chunks", "2"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("2 windows of 128"));
  EXPECT_THAT(result.out, testing::Not(HasSubstr("KL")));  // one count alone
}

TEST(PerplexityCommand, SaysWhatCanNotBe) {
  const ProgramRun program;
  program.Write("short.txt", "Once upon a time.");
  const auto expect = [&](const std::vector<std::string>& arguments, const char* sentence) {
    std::vector<std::string> all = {"perplexity", "-m", kDemo};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const ProgramResult result = program.Run(all);
    EXPECT_EQ(result.exit_code, 64) << result.err;
    EXPECT_THAT(result.err, HasSubstr(sentence));
  };
  expect({"-f", program.Path("short.txt")}, "use a longer text or shorter windows");
  expect({"-f", kText, "--experts", "33"}, "33");
  expect({"-f", kText, "--against", "33"}, "33 is more than the 32 experts");
  expect({"-f", kText, "--context", "100000"}, "--context");
}

}  // namespace
}  // namespace moebench
