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

double Tolerance(const FixtureCase& c, const Hyper& hyper) {
  const double relative = 0x1.0p-24 * std::sqrt(192.0);
  return 4.5 * c.Rms() * relative / std::sqrt(3.0) * std::sqrt(10 * hyper.n_layers + 1) *
         (1 + hyper.CountOf(Mixer::kDeltaNet));
}

}  // namespace

void ExpectAgreement(const TinyModel& model, const std::vector<FixtureCase>& cases) {
  const TempFile file(BuildTinyModel(model).Build());
  Engine engine(GgufFile::Open(file.path()), {.thread_cpus = {FirstCpu()}, .context_tokens = 128});
  Transformer& transformer = engine.transformer();
  const std::size_t vocabulary = static_cast<std::size_t>(transformer.hyper().vocabulary);
  ASSERT_EQ(cases.size(), transformer.hyper().n_experts == 0 ? 1u : 3u);
  for (const FixtureCase& c : cases) {
    SCOPED_TRACE("k = " + std::to_string(c.k));
    ASSERT_EQ(c.tokens.size(), 96u);
    ASSERT_EQ(c.greedy.size(), 32u);
    std::vector<float> logits = engine.Logits(c.tokens, c.k);
    std::vector<float> next(vocabulary);
    const double tolerance = Tolerance(c, transformer.hyper());
    double largest = 0;
    for (std::size_t i = 0; i < c.greedy.size(); ++i) {
      // llama.cpp's token is fed, so that one difference is not many.
      const auto last = logits.end() - static_cast<std::ptrdiff_t>(vocabulary);
      const auto mine = static_cast<int>(std::max_element(last, logits.end()) - last);
      if (mine != c.greedy[i].token) {
        EXPECT_LE(c.greedy[i].value, 2 * tolerance) << "greedy token " << i;
      }
      transformer.Forward({&c.greedy[i].token, 1}, c.k, LogitsOf::kLast, next);
      logits.insert(logits.end(), next.begin(), next.end());
    }
    for (const FixtureCase::Row& row : c.rows) {
      const std::size_t at = static_cast<std::size_t>(row.position) * vocabulary;
      for (const TokenValue& wanted : row.logits) {
        const double got = logits[at + static_cast<std::size_t>(wanted.token)];
        largest = std::max(largest, std::abs(got - wanted.value));
      }
    }
    EXPECT_LE(largest, tolerance);
    testing::Test::RecordProperty("k" + std::to_string(c.k), std::to_string(largest / tolerance));
  }
}

}  // namespace moebench
