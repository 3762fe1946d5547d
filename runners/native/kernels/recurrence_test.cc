#include "runners/native/kernels/recurrence.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "harness/base/rng.h"

namespace moebench {
namespace {

std::vector<float> Random(Rng& rng, int n) {
  std::vector<float> values(static_cast<std::size_t>(n));
  for (float& value : values) value = static_cast<float>(rng.Normal());
  return values;
}

const KernelTable& Kernels() { return KernelsFor(DetectIsa()); }

// By the definition, in double: out_t = sum over s <= t of what each update left, times q_t.
TEST(DeltaRule, IsTheRecurrenceOfThePaper) {
  constexpr int kDim = 24, kTokens = 20;
  Rng rng(3);
  std::vector<float> state(kDim * kDim), out(kDim);
  std::vector<double> exact(kDim * kDim);
  for (int t = 0; t < kTokens; ++t) {
    const std::vector<float> q = Random(rng, kDim), v = Random(rng, kDim);
    std::vector<float> k = Random(rng, kDim);
    const float norm = std::sqrt(Kernels().dot(k.data(), k.data(), kDim));
    for (float& each : k) each /= norm;
    const float decay = static_cast<float>(rng.Uniform()), beta = static_cast<float>(rng.Uniform());
    DeltaRuleStep(Kernels(),
                  {.q = q.data(), .k = k.data(), .v = v.data(), .decay = decay, .beta = beta}, kDim,
                  state.data(), out.data());
    for (std::size_t i = 0; i < kDim; ++i) {
      double seen = 0, wanted = 0;
      for (std::size_t j = 0; j < kDim; ++j) {
        exact[i * kDim + j] *= decay;
        seen += exact[i * kDim + j] * k[j];
      }
      for (std::size_t j = 0; j < kDim; ++j) {
        exact[i * kDim + j] += beta * (v[i] - seen) * k[j];
        wanted += exact[i * kDim + j] * q[j];
      }
      EXPECT_NEAR(out[i], wanted, 1e-4) << t;
    }
  }
}

// With decay 1 and beta 1 a key's value is what the state gives back for it.
TEST(DeltaRule, RemembersTheLastValueOfAKey) {
  constexpr int kDim = 16;
  Rng rng(4);
  std::vector<float> state(kDim * kDim), out(kDim), key(kDim);
  key[5] = 1;
  for (int t = 0; t < 3; ++t) {
    const std::vector<float> v = Random(rng, kDim);
    DeltaRuleStep(Kernels(), {.q = key.data(), .k = key.data(), .v = v.data(), .beta = 1}, kDim,
                  state.data(), out.data());
    for (std::size_t i = 0; i < kDim; ++i) EXPECT_NEAR(out[i], v[i], 1e-5);
  }
}

TEST(Scan, IsTheRecurrenceOfThePaper) {
  constexpr int kDim = 12, kState = 20;
  Rng rng(5);
  std::vector<float> state(kDim * kState), out(kDim);
  std::vector<double> exact(kDim * kState);
  for (int t = 0; t < 20; ++t) {
    const std::vector<float> x = Random(rng, kDim), b = Random(rng, kState),
                             c = Random(rng, kState);
    const float dt = static_cast<float>(rng.Uniform()), decay = std::exp(-dt);
    ScanStep(Kernels(),
             {.x = x.data(), .b = b.data(), .c = c.data(), .dt = dt, .decay = decay, .skip = 0.5f},
             kDim, kState, state.data(), out.data());
    for (std::size_t i = 0; i < kDim; ++i) {
      double wanted = 0.5 * x[i];
      for (std::size_t j = 0; j < kState; ++j) {
        double& h = exact[i * kState + j];
        h = decay * h + double{dt} * x[i] * b[j];
        wanted += h * c[j];
      }
      EXPECT_NEAR(out[i], wanted, 1e-4) << t;
    }
  }
}

// A step that was noted is done again to the bit, without its inputs.
TEST(RepeatSteps, ChangesTheStateAsTheStepDid) {
  constexpr int kDim = 84;  // columns by four vectors, by one, and single ones
  Rng rng(9);
  std::vector<float> delta(kDim * kDim), scan(kDim * kDim), out(kDim), change(kDim);
  std::vector<float> delta_again = delta, scan_again = scan;
  const auto repeat = [&](float decay, const std::vector<float>& key, std::vector<float>& state) {
    const NotedStep step{.decay = decay, .key = key.data(), .change = change.data()};
    Kernels().repeat_steps(&step, 1, state.data(), state.data(), kDim, kDim);
  };
  for (int t = 0; t < 12; ++t) {
    const std::vector<float> a = Random(rng, kDim), b = Random(rng, kDim), c = Random(rng, kDim);
    const float decay = static_cast<float>(rng.Uniform());
    DeltaRuleStep(Kernels(),
                  {.q = a.data(), .k = b.data(), .v = c.data(), .decay = decay, .beta = 0.3f}, kDim,
                  delta.data(), out.data(), change.data());
    repeat(decay, b, delta_again);
    EXPECT_EQ(delta_again, delta);
    ScanStep(Kernels(),
             {.x = a.data(), .b = b.data(), .c = c.data(), .dt = 0.2f, .decay = decay, .skip = 1},
             kDim, kDim, scan.data(), out.data(), change.data());
    repeat(decay, b, scan_again);
    EXPECT_EQ(scan_again, scan);
  }
}

TEST(RepeatSteps, GivesTheSameForManyStepsAsForOneAfterAnother) {
  constexpr int kRows = 5, kCols = 84, kSteps = 11;
  Rng rng(10);
  const std::vector<float> state = Random(rng, kRows * kCols), keys = Random(rng, kSteps * kCols),
                           changes = Random(rng, kSteps * kRows);
  std::vector<NotedStep> steps;
  for (int s = 0; s < kSteps; ++s) {
    steps.push_back({.decay = static_cast<float>(rng.Uniform()),
                     .key = keys.data() + s * kCols,
                     .change = changes.data() + s * kRows});
  }
  std::vector<float> one_by_one = state;
  for (int n = 0; n <= kSteps; ++n) {
    std::vector<float> at_once(state.size());
    Kernels().repeat_steps(steps.data(), n, state.data(), at_once.data(), kRows, kCols);
    EXPECT_EQ(at_once, one_by_one) << n;
    if (n == kSteps) break;
    Kernels().repeat_steps(&steps[static_cast<std::size_t>(n)], 1, one_by_one.data(),
                           one_by_one.data(), kRows, kCols);
  }
}

// The same inputs in passes of any lengths give the same outputs: the state carries what is needed.
TEST(Convolution, DoesNotDependOnHowTokensAreBatched) {
  constexpr int kChannels = 6, kKernel = 4, kTokens = 11;
  Rng rng(6);
  const std::vector<float> weights = Random(rng, kChannels * kKernel),
                           bias = Random(rng, kChannels), in = Random(rng, kChannels * kTokens);
  const auto run = [&](const std::vector<int>& passes, int rows) {
    std::vector<float> history(static_cast<std::size_t>(rows * kChannels)),
        out(kChannels * kTokens);
    int done = 0;
    for (const int n : passes) {
      const ConvChannels c{.history = history.data(),
                           .history_rows = rows,
                           .first_position = done,
                           .channels = kChannels,
                           .n = kChannels,
                           .weights = weights.data(),
                           .bias = bias.data(),
                           .kernel = kKernel,
                           .in = in.data() + done * kChannels,
                           .in_stride = kChannels};
      for (int t = 0; t < n; ++t) Convolve(Kernels(), c, t, out.data() + (done + t) * kChannels);
      KeepInputs(c, n);
      done += n;
    }
    EXPECT_EQ(done, kTokens);
    return out;
  };
  const std::vector<float> whole = run({kTokens}, kKernel - 1);
  for (const int rows : {kKernel - 1, kKernel, kTokens + 3}) {
    EXPECT_EQ(run({1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, rows), whole) << rows;
    EXPECT_EQ(run({2, 5, 1, 3}, rows), whole) << rows;
  }
  float first = bias[2] + weights[(kKernel - 1) * kChannels + 2] * in[2];
  EXPECT_NEAR(whole[2], Silu(first), 1e-6);
}

TEST(Activations, AreTheirFormulas) {
  EXPECT_NEAR(Silu(2), 2 / (1 + std::exp(-2.0)), 1e-6);
  EXPECT_NEAR(Softplus(-3), std::log1p(std::exp(-3.0)), 1e-6);
  EXPECT_EQ(Softplus(50), 50);
}

}  // namespace
}  // namespace moebench
