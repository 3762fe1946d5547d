// Against llama.cpp: logits of 64 positions and greedy tokens, at the trained number of experts and
// at two others. The numbers were made by testing/make_fixtures.sh and stand in testdata/.
//
// How far may two right implementations differ? Both read the same weights; they differ in the
// order of sums and in how activations are rounded before a product. Let u be the largest relative
// rounding of an activation: 2^-11 where llama.cpp rounds it to f16 to meet F16 weights, 2^-8 for
// BF16. Roundings are independent, so a product is off by u / sqrt(3) of itself whatever its
// length, and the branches of the residual stream add as the root of their number: L layers x 2
// branches x 2 rounded inputs, and the head. Of about 1500 logits compared the largest is
// within 4.5 deviations:
//   rounding tolerance = 4.5 x rms(logits) x u / sqrt(3) x sqrt(4 L + 1)
// For F32 nothing is rounded but the sums, of n <= 192 terms: u = 2^-24 sqrt(n).
//
// Q8_0 rounds activations to 8 bits in both, by the same rule, so they agree as F32 does, until a
// value lies within an f32 rounding of the middle between two steps: then the two take different
// steps, what follows differs a little, more values fall on the other side, and from there on the
// two draw their rounding noise independently. A step is 1/127 of a block's largest value, which is
// about 3 times its rms; the difference of two roundings of half a step at most: u = sqrt(2) x 3 /
// 127 / 2.
//
// Routing is not continuous: where the k-th and the next expert are nearer to each other than all
// this, the two choose differently and the position differs by an expert's share, of the order of
//   swap tolerance = 2 x rms(logits) / k
// on the random weights of the synthetic models. A swap early in the sequence reaches later
// positions through attention; half of the positions must stay within rounding all the same.
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "harness/base/hash.h"
#include "runners/native/gguf/testing/temp_file.h"
#include "runners/native/model/engine.h"
#include "runners/native/model/testing/conformance_models.h"
#include "runners/native/model/testing/fixture_case.h"
#include "runners/native/model/testing/quant_models.h"

namespace moebench {
namespace {

Engine LoadEngine(const std::filesystem::path& path) {
  cpu_set_t allowed;
  sched_getaffinity(0, sizeof allowed, &allowed);
  int cpu = 0;
  while (!CPU_ISSET(cpu, &allowed)) ++cpu;
  return Engine(GgufFile::Open(path), {.thread_cpus = {cpu}, .context_tokens = 128});
}

// The largest difference at each position.
std::vector<double> Differences(Engine& engine, const FixtureCase& c) {
  const std::vector<float> logits = engine.Logits(c.tokens, c.k);
  const std::size_t vocabulary = static_cast<std::size_t>(engine.transformer().hyper().vocabulary);
  std::vector<double> differences;
  for (std::size_t position = 0; position < c.rows.size(); ++position) {
    double largest = 0;
    for (const TokenValue& wanted : c.rows[position].logits) {
      const float got = logits[position * vocabulary + static_cast<std::size_t>(wanted.token)];
      largest = std::max(largest, std::abs(got - wanted.value));
    }
    differences.push_back(largest);
  }
  return differences;
}

double Rounding(const FixtureCase& c, double largest_relative, int n_layers) {
  return 4.5 * c.Rms() * largest_relative / std::sqrt(3.0) * std::sqrt(4 * n_layers + 1);
}
double F32Rounding(const FixtureCase& c, int n_layers) {
  return Rounding(c, 0x1.0p-24 * std::sqrt(192.0), n_layers);
}
double TypeRounding(const FixtureCase& c, TensorType type, int n_layers) {
  switch (type) {
    case TensorType::kF16:
      return Rounding(c, 0x1.0p-11, n_layers);
    case TensorType::kBF16:
      return Rounding(c, 0x1.0p-8, n_layers);
    case TensorType::kQ8_0:
      return Rounding(c, std::sqrt(2.0) * 3 / 127 / 2, n_layers);
    default:
      return F32Rounding(c, n_layers);
  }
}

double ShareWithin(const std::vector<double>& differences, double tolerance) {
  const auto within = std::count_if(differences.begin(), differences.end(),
                                    [&](double each) { return each <= tolerance; });
  return static_cast<double>(within) / static_cast<double>(differences.size());
}

// Our greedy tokens are llama.cpp's, until one whose lead is within the tolerance of both logits.
void ExpectSameGreedyTokens(Engine& engine, const FixtureCase& c, double tolerance) {
  Transformer& transformer = engine.transformer();
  std::vector<float> logits(static_cast<std::size_t>(transformer.hyper().vocabulary));
  transformer.Reset();
  transformer.Forward(c.tokens, c.k, LogitsOf::kLast, logits);
  for (std::size_t i = 0; i < c.greedy.size(); ++i) {
    const int token =
        static_cast<int>(std::max_element(logits.begin(), logits.end()) - logits.begin());
    if (token != c.greedy[i].token) {
      EXPECT_LE(c.greedy[i].value, 2 * tolerance) << "greedy token " << i << " at k = " << c.k;
      return;
    }
    transformer.Forward({&token, 1}, c.k, LogitsOf::kLast, logits);
  }
}

TEST(Conformance, SyntheticModelsGiveLlamaCppsLogits) {
  const std::pair<TensorType, const char*> models[] = {{TensorType::kF32, "synthetic_f32.txt"},
                                                       {TensorType::kF16, "synthetic_f16.txt"},
                                                       {TensorType::kBF16, "synthetic_bf16.txt"},
                                                       {TensorType::kQ8_0, "synthetic_q8_0.txt"}};
  for (const auto& [type, fixture] : models) {
    const TempFile file(ConformanceModel(type).Build());
    Engine engine = LoadEngine(file.path());
    const int n_layers = engine.transformer().hyper().n_layers;
    const std::vector<FixtureCase> cases = ParseFixture(FixtureText(fixture));
    ASSERT_EQ(cases.size(), 3u);
    for (const FixtureCase& c : cases) {
      ASSERT_EQ(c.rows.size(), 64u);
      const std::vector<double> differences = Differences(engine, c);
      const double rounding = TypeRounding(c, type, n_layers), swap = 2 * c.Rms() / c.k;
      const double largest = *std::max_element(differences.begin(), differences.end());
      const bool exact = type == TensorType::kF32 || type == TensorType::kQ8_0;
      EXPECT_LE(largest, type == TensorType::kF32 ? rounding : std::max(rounding, swap)) << fixture;
      // Q8_0 agrees as F32 does but where a step differs.
      EXPECT_GE(ShareWithin(differences, exact ? F32Rounding(c, n_layers) : rounding), 0.5)
          << fixture << " k = " << c.k;
      ExpectSameGreedyTokens(engine, c, std::max(rounding, largest));
    }
  }
}

// Every quantised type, random blocks with every code. llama.cpp rounds activations to 8 bits too,
// for the K types with one scale for 256 of them, whose largest is about 3.3 times their rms; ours
// has one for 32. The two noises are independent.
TEST(Conformance, EveryQuantisedTypeGivesLlamaCppsLogits) {
  for (int i = 0; i < kWeightTypes; ++i) {
    const WeightType type = static_cast<WeightType>(i);
    if (!IsQuantised(type)) continue;
    const std::string name(TraitsOf(type).name);
    SCOPED_TRACE(name);
    const TempFile file(QuantModel(type).Build());
    Engine engine = LoadEngine(file.path());
    const int n_layers = engine.transformer().hyper().n_layers;
    const std::vector<FixtureCase> cases = ParseFixture(FixtureText("quant_" + name + ".txt"));
    ASSERT_EQ(cases.size(), 3u);
    for (const FixtureCase& c : cases) {
      ASSERT_EQ(c.rows.size(), 64u);
      const std::vector<double> differences = Differences(engine, c);
      const double rounding = Rounding(c, std::sqrt(2.0) * 3.3 / 127 / 2, n_layers);
      const double swaps = std::max(rounding, n_layers * 2 * c.Rms() / c.k);
      EXPECT_LE(*std::max_element(differences.begin(), differences.end()), swaps) << "k = " << c.k;
      EXPECT_GE(ShareWithin(differences, rounding), 0.8) << "k = " << c.k;
      ExpectSameGreedyTokens(engine, c, swaps);
    }
  }
}

class BundledConformance : public testing::TestWithParam<std::string> {};

TEST_P(BundledConformance, GivesLlamaCppsLogitsAndText) {
  const std::string path = MOEBENCH_SOURCE_DIR "/suites/demo/demo-" + GetParam() + ".gguf";
  const std::string fixture = FixtureText("demo_" + GetParam() + ".txt");
  if (fixture.find(Sha256OfFile(path)) == std::string::npos) {
    FAIL() << "the fixture was made from another model: run testing/make_fixtures.sh";
  }
  Engine engine = LoadEngine(path);
  const int n_layers = engine.transformer().hyper().n_layers;
  for (const FixtureCase& c : ParseFixture(fixture)) {
    const double rounding = TypeRounding(c, TensorType::kQ8_0, n_layers);
    const double swap = c.k > 0 ? 2 * c.Rms() / c.k : 0;  // k is 0 of a dense model
    const std::vector<double> differences = Differences(engine, c);
    EXPECT_LE(*std::max_element(differences.begin(), differences.end()), std::max(rounding, swap));
    EXPECT_GE(ShareWithin(differences, rounding), 0.9) << "k = " << c.k;
    ExpectSameGreedyTokens(engine, c, rounding);
  }
}

INSTANTIATE_TEST_SUITE_P(Demo, BundledConformance, testing::Values("moe", "draft", "hybrid"),
                         [](const auto& param_info) { return param_info.param; });

}  // namespace
}  // namespace moebench
