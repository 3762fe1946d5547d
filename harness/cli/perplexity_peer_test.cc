// Against a live llama-perplexity, on the bundled model and text: `./run peer` brings one and sets
// MOEBENCH_LLAMACPP to the command that runs its programs; without it these tests skip.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "harness/cli/testing_program.h"

namespace moebench {
namespace {

using nlohmann::json;

const std::string kDemoFolder = std::string(MOEBENCH_SOURCE_DIR) + "/suites/demo";
const std::string kDemo = kDemoFolder + "/demo-moe.gguf", kText = kDemoFolder + "/text.txt";

std::string OutputOf(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string output;
  char part[4096];
  while (const std::size_t n = pipe ? std::fread(part, 1, sizeof part, pipe.get()) : 0) {
    output.append(part, n);
  }
  return output;
}

// The last whole line of its running table. What it prints at the very end, its logger often loses
// where standard output is a pipe (seen with 0.7.0), so both tools are compared after as many
// windows.
struct Running {
  int windows = 0;
  double perplexity = 0, log_ratio = 0, kl = 0, same_top = 0;
};

// "[1]1.5711,[2]1.5562," of a plain run.
Running LastOfList(const std::string& text) {
  Running last;
  for (std::size_t at = 0; (at = text.find('[', at)) != std::string::npos; ++at) {
    int windows = 0, end = 0;
    double value = 0;
    if (std::sscanf(text.c_str() + at, "[%d]%lf,%n", &windows, &value, &end) == 2 && end > 0) {
      last = {windows, value};
    }
  }
  return last;
}

// " 28  1.7531 +- 0.0371  0.11121 +- 0.01089  0.09051 +- 0.00838  14.036 +- 0.632 %  93.813 +- ..."
Running LastOfTable(const std::string& text) {
  Running last;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    for (std::size_t at = 0; (at = line.find("\xc2\xb1", at)) != std::string::npos;) {
      line.replace(at, 2, " ");
    }
    Running row;
    double skipped = 0;
    if (std::sscanf(line.c_str(), "%d %lf %lf %lf %lf %lf %lf %lf %lf %% %lf", &row.windows,
                    &row.perplexity, &skipped, &row.log_ratio, &skipped, &row.kl, &skipped,
                    &skipped, &skipped, &row.same_top) == 10) {
      last = row;
    }
  }
  return last;
}

class PerplexityPeer : public testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("MOEBENCH_LLAMACPP") == nullptr) {
      GTEST_SKIP() << "no llama.cpp: './run peer' brings one";
    }
  }
  std::string Theirs(const std::string& arguments) const {
    return OutputOf(std::string(std::getenv("MOEBENCH_LLAMACPP")) + " llama-perplexity -m " +
                    kDemo + " -f " + kText + " -t 2 " + arguments + " 2>&1");
  }
  json Ours(const std::string& window, int windows, const std::string& experts) const {
    const ProgramResult result =
        program_.Run({"perplexity", "-m", kDemo, "-f", kText, "-c", window, "--chunks",
                      std::to_string(windows), "--experts", experts, "--json"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return json::parse(result.out)["arms"];
  }
  const ProgramRun program_;
};

TEST_F(PerplexityPeer, PerplexityIsTheirsWithinHalfAPercent) {
  const Running theirs = LastOfList(Theirs("-c 256"));
  ASSERT_GE(theirs.windows, 20);
  const json ours = Ours("256", theirs.windows, "8")[0];
  EXPECT_NEAR(ours["perplexity"].get<double>() / theirs.perplexity, 1, 0.005);
}

TEST_F(PerplexityPeer, DivergenceIsTheirs) {
  const std::string base = program_.Path("base.kld");
  Theirs("-c 256 --kl-divergence-base " + base);
  for (const char* k : {"6", "2"}) {
    const Running theirs =
        LastOfTable(Theirs("-c 256 --kl-divergence --kl-divergence-base " + base +
                           " --override-kv qwen3moe.expert_used_count=int:" + k));
    ASSERT_GE(theirs.windows, 20) << "k=" << k;
    const json arm = Ours("256", theirs.windows, k)[1];
    const json& ours = arm["against_base"];
    EXPECT_NEAR(arm["perplexity"].get<double>() / theirs.perplexity, 1, 0.005) << "k=" << k;
    EXPECT_NEAR(std::log(ours["perplexity_ratio"].get<double>()), theirs.log_ratio, 0.003)
        << "k=" << k;
    // Two engines that round differently are themselves a little apart: that counts at large k.
    EXPECT_NEAR(ours["kl_mean"].get<double>(), theirs.kl, 0.005 * theirs.kl + 0.0003) << "k=" << k;
    EXPECT_NEAR(100 * ours["same_top"].get<double>(), theirs.same_top, 0.3) << "k=" << k;
  }
}

}  // namespace
}  // namespace moebench
