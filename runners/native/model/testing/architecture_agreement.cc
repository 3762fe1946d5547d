#include "runners/native/model/testing/architecture_agreement.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <cmath>

#include "runners/native/gguf/testing/temp_file.h"
#include "runners/native/model/engine.h"

namespace moebench {
namespace {

int FirstCpu() {
  cpu_set_t allowed;
  sched_getaffinity(0, sizeof allowed, &allowed);
  int cpu = 0;
  while (!CPU_ISSET(cpu, &allowed)) ++cpu;
  return cpu;
}

// u: the largest relative rounding of a number that is multiplied.
double Tolerance(const FixtureCase& c, const Hyper& hyper, double u) {
  return 4.5 * c.Rms() * u / std::sqrt(3.0) * std::sqrt(10 * hyper.n_layers + 1) *
         (1 + hyper.CountOf(Mixer::kDeltaNet));
}

struct Agreement {
  std::vector<double> differences;  // the largest of each row
  double lead = 0;                  // the largest of a token that was not our choice
};

// llama.cpp's tokens are fed, so that one difference is not many.
Agreement Compare(Engine& engine, const FixtureCase& c) {
  Transformer& transformer = engine.transformer();
  const std::size_t vocabulary = static_cast<std::size_t>(transformer.hyper().vocabulary);
  std::vector<float> logits = engine.Logits(c.tokens, c.k);
  std::vector<float> next(vocabulary);
  Agreement agreement;
  for (const TokenValue& greedy : c.greedy) {
    const auto last = logits.end() - static_cast<std::ptrdiff_t>(vocabulary);
    const auto mine = static_cast<int>(std::max_element(last, logits.end()) - last);
    if (mine != greedy.token) agreement.lead = std::max(agreement.lead, greedy.value);
    transformer.Forward({&greedy.token, 1}, c.k, LogitsOf::kLast, next);
    logits.insert(logits.end(), next.begin(), next.end());
  }
  for (const FixtureCase::Row& row : c.rows) {
    const std::size_t at = static_cast<std::size_t>(row.position) * vocabulary;
    double largest = 0;
    for (const TokenValue& wanted : row.logits) {
      const double got = logits[at + static_cast<std::size_t>(wanted.token)];
      largest = std::max(largest, std::abs(got - wanted.value));
    }
    agreement.differences.push_back(largest);
  }
  return agreement;
}

double Largest(const std::vector<double>& values) {
  return *std::max_element(values.begin(), values.end());
}

Engine LoadTiny(const std::string& bytes) {
  const TempFile file(bytes);
  return Engine(GgufFile::Open(file.path()), {.thread_cpus = {FirstCpu()}, .context_tokens = 128});
}

void ExpectWhole(const std::vector<FixtureCase>& cases, const Hyper& hyper) {
  ASSERT_EQ(cases.size(), hyper.n_experts == 0 ? 1u : 3u);
  for (const FixtureCase& c : cases) {
    ASSERT_EQ(c.tokens.size(), 96u);
    ASSERT_EQ(c.greedy.size(), 32u);
    ASSERT_EQ(c.rows.size(), 28u);
  }
}

}  // namespace

void ExpectAgreement(const TinyModel& model, const std::vector<FixtureCase>& cases) {
  Engine engine = LoadTiny(BuildTinyModel(model).Build());
  const Hyper& hyper = engine.transformer().hyper();
  ASSERT_NO_FATAL_FAILURE(ExpectWhole(cases, hyper));
  for (const FixtureCase& c : cases) {
    SCOPED_TRACE("k = " + std::to_string(c.k));
    const double tolerance = Tolerance(c, hyper, 0x1.0p-24 * std::sqrt(192.0));
    const Agreement agreement = Compare(engine, c);
    const double largest = Largest(agreement.differences);
    EXPECT_LE(largest, tolerance);
    EXPECT_LE(agreement.lead, 2 * tolerance);
    testing::Test::RecordProperty("k" + std::to_string(c.k), std::to_string(largest / tolerance));
  }
}

void ExpectQuantisedAgreement(const GgufBuilder& model, const std::vector<FixtureCase>& cases) {
  Engine engine = LoadTiny(model.Build());
  const Hyper& hyper = engine.transformer().hyper();
  ASSERT_NO_FATAL_FAILURE(ExpectWhole(cases, hyper));
  for (const FixtureCase& c : cases) {
    SCOPED_TRACE("k = " + std::to_string(c.k));
    const double rounding = Tolerance(c, hyper, std::sqrt(2.0) * 3 / 127 / 2);
    const double swaps = std::max(rounding, hyper.n_layers * 2 * c.Rms() / c.k);
    const Agreement agreement = Compare(engine, c);
    const auto within = std::count_if(agreement.differences.begin(), agreement.differences.end(),
                                      [&](double each) { return each <= rounding; });
    EXPECT_GE(static_cast<double>(within), 0.5 * static_cast<double>(c.rows.size()));
    EXPECT_LE(Largest(agreement.differences), swaps);
    EXPECT_LE(agreement.lead, 2 * swaps);
    std::vector<double> sorted = agreement.differences;
    std::sort(sorted.begin(), sorted.end());
    testing::Test::RecordProperty("k" + std::to_string(c.k) + "_median",
                                  std::to_string(sorted[sorted.size() / 2] / rounding));
    testing::Test::RecordProperty("k" + std::to_string(c.k) + "_largest",
                                  std::to_string(sorted.back() / rounding));
  }
}

}  // namespace moebench
