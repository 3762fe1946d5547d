#include "runners/routing/simulate.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/base/error.h"
#include "harness/base/rng.h"

namespace moebench {
namespace {

using testing::HasSubstr;

// Every token takes k experts at random.
RoutingTrace RandomTrace(int n_experts, int k, int tokens, uint64_t seed) {
  Rng rng(seed);
  RoutingTrace trace{.n_experts = n_experts, .n_layers = 1, .ids = {}, .begin = {0}};
  std::vector<int32_t> experts(static_cast<std::size_t>(n_experts));
  std::iota(experts.begin(), experts.end(), 0);
  for (int token = 0; token < tokens; ++token) {
    for (int i = 0; i < k; ++i) {
      const auto rest = static_cast<uint64_t>(n_experts - i);
      std::swap(experts[static_cast<std::size_t>(i)],
                experts[static_cast<std::size_t>(i) + rng.Below(rest)]);
      trace.ids.push_back(experts[static_cast<std::size_t>(i)]);
    }
    trace.begin.push_back(trace.ids.size());
  }
  return trace;
}

PolicyForecast Of(const std::vector<PolicyForecast>& forecasts, const std::string& policy) {
  const auto found = std::find_if(forecasts.begin(), forecasts.end(),
                                  [&](const PolicyForecast& f) { return f.policy == policy; });
  return found == forecasts.end() ? PolicyForecast{} : *found;
}

constexpr const char* kByTurn = "expert-shard(round robin)";

TEST(Forecast, RandomRoutingGivesTheExpectedMaximum) {
  // E[max] of k of 128 experts, 128/n on each of n nodes: hypergeometric, counted exactly.
  const struct {
    int k, nodes;
    double wanted;
  } cases[] = {{8, 2, 5.059}, {8, 4, 3.486}, {8, 8, 2.530},
               {4, 2, 2.738}, {4, 4, 2.107}, {4, 8, 1.620}};
  for (const auto& c : cases) {
    const RoutingTrace trace = RandomTrace(128, c.k, 20'000, 7);
    const PolicyForecast shard =
        Of(ForecastPolicies(trace, {.n_nodes = c.nodes, .batch = 1}, {}), kByTurn);
    // The maximum's standard deviation is below 1: 5 standard errors of 20 000 tokens.
    EXPECT_NEAR(shard.experts_on_one, c.wanted, 5 / std::sqrt(20'000.0)) << c.k << ' ' << c.nodes;
    EXPECT_NEAR(shard.efficiency, 1.0 * c.k / c.nodes / c.wanted, 0.01);
  }
}

TEST(Forecast, RowsSplitOverAllNodesAreEvenAndLocalAsksOneForEverything) {
  const RoutingTrace trace = RandomTrace(64, 8, 100, 3);
  const auto forecasts =
      ForecastPolicies(trace, {.n_nodes = 4, .batch = 1}, {.expert = 10, .dense = 20});
  EXPECT_DOUBLE_EQ(Of(forecasts, "row-shard").busiest_bytes, 25);
  EXPECT_DOUBLE_EQ(Of(forecasts, "interleave").busiest_bytes, 25);
  EXPECT_DOUBLE_EQ(Of(forecasts, "interleave").remote_share, 0.75);
  EXPECT_DOUBLE_EQ(Of(forecasts, "local").busiest_bytes, 100);
  EXPECT_DOUBLE_EQ(Of(forecasts, "local").efficiency, 0.25);
  EXPECT_EQ(forecasts.front().policy, "row-shard");
}

TEST(Forecast, TokensOfOneStepShareTheirExperts) {
  const RoutingTrace trace =
      ParseRoutingTrace("moebench-routing/1 experts=4 layers=1\n0 1\n1 2\n0 1\n0 1\n", "t");
  const auto two = ForecastPolicies(trace, {.n_nodes = 1, .batch = 2}, {});
  EXPECT_DOUBLE_EQ(Of(two, "local").busiest_bytes, (3 + 2) / 2.0 / 2);  // per token
}

TEST(Forecast, ExpertsUsedTogetherAreBetterOnDifferentNodes) {
  // 0 with 2 and 1 with 3, always: round robin over two nodes puts each pair on one.
  const RoutingTrace trace =
      ParseRoutingTrace("moebench-routing/1 experts=4 layers=1\n0 2\n1 3\n0 2\n1 3\n", "t");
  const auto forecasts = ForecastPolicies(trace, {.n_nodes = 2, .batch = 1}, {});
  EXPECT_DOUBLE_EQ(Of(forecasts, kByTurn).experts_on_one, 2);
  EXPECT_DOUBLE_EQ(Of(forecasts, "expert-shard(against co-activation)").experts_on_one, 1);
}

TEST(Forecast, RefusesWhatCannotBe) {
  const RoutingTrace trace = RandomTrace(8, 2, 5, 1);
  const auto refusal = [&](const ForecastShape& shape) -> std::string {
    try {
      ForecastPolicies(trace, shape, {});
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  };
  EXPECT_THAT(refusal({.n_nodes = 0}), HasSubstr("at least one node"));
  EXPECT_THAT(refusal({.n_nodes = 2, .batch = 6}), HasSubstr("trace of 5"));
  EXPECT_THAT(refusal({.n_nodes = 2, .batch = 0}), HasSubstr("a step of 0"));
}

}  // namespace
}  // namespace moebench
