#include "harness/stats/speculation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/base/error.h"

namespace moebench {

double ExpectedExperts(int n_experts, int k, double tokens) {
  if (n_experts <= 0) return 0;
  return n_experts * (1 - std::pow(1 - static_cast<double>(k) / n_experts, tokens));
}

double ExpectedTokens(double acceptance, int guesses) {
  double sum = 1, power = 1;  // the closed form has no value at a = 1
  for (int i = 0; i < guesses; ++i) sum += power *= acceptance;
  return sum;
}

double AcceptanceOf(std::span<const int64_t> drafted_at, int64_t accepted) {
  const auto expected = [&](double a) {
    double sum = 0, power = 1;
    for (const int64_t passes : drafted_at) sum += static_cast<double>(passes) * (power *= a);
    return sum;
  };
  const auto wanted = static_cast<double>(accepted);
  if (wanted <= 0 || drafted_at.empty()) return 0;
  double lo = 0, hi = 1;
  if (expected(hi) <= wanted) return 1;
  for (int i = 0; i < 60; ++i) {  // to the last bit of a double
    const double middle = 0.5 * (lo + hi);
    (expected(middle) < wanted ? lo : hi) = middle;
  }
  return hi;
}

SpeculationCosts CostsOf(const GuessCounts& counts, std::span<const double> pass_ms) {
  SpeculationCosts costs;
  if (pass_ms.empty() || !(pass_ms[0] > 0)) return costs;
  for (const double ms : pass_ms) costs.pass_cost.push_back(ms / pass_ms[0]);
  costs.acceptance = AcceptanceOf(counts.drafted_at, counts.accepted);
  const int64_t with_guess = counts.drafted_at.empty() ? 0 : counts.drafted_at[0];
  if (counts.passes > 0) {
    costs.hit_rate =
        std::min(1.0, static_cast<double>(with_guess) / static_cast<double>(counts.passes));
  }
  const int64_t guesses =
      std::accumulate(counts.drafted_at.begin(), counts.drafted_at.end(), int64_t{0});
  if (guesses > 0) {
    costs.draft_cost = counts.guess_ms / static_cast<double>(guesses) / pass_ms[0];
  }
  return costs;
}

double PredictedSpeedup(const SpeculationCosts& costs, int guesses) {
  CHECK(guesses >= 0 && static_cast<size_t>(guesses) < costs.pass_cost.size());
  const double hit = costs.hit_rate;
  const double tokens = 1 + hit * (ExpectedTokens(costs.acceptance, guesses) - 1);
  const double cost =
      1 + hit * (costs.pass_cost[static_cast<size_t>(guesses)] - 1 + guesses * costs.draft_cost);
  return cost > 0 ? tokens / cost : 1;
}

DraftPrediction BestDraftLength(const SpeculationCosts& costs) {
  DraftPrediction best;
  for (int guesses = 1; static_cast<size_t>(guesses) < costs.pass_cost.size(); ++guesses) {
    const double speedup = PredictedSpeedup(costs, guesses);
    if (speedup > best.speedup) best = {guesses, speedup};
  }
  return best;
}

Utility UtilityOf(const SpeedRatio& over_plain) {
  if (over_plain.n == 0) return Utility::kUnknown;
  if (over_plain.n < 2) return Utility::kCantTell;
  if (over_plain.lo > 1) return Utility::kGains;
  return over_plain.hi < 1 ? Utility::kLoses : Utility::kCantTell;
}

std::string UtilityWord(Utility utility) {
  switch (utility) {
    case Utility::kGains:
      return "gains";
    case Utility::kLoses:
      return "loses";
    case Utility::kCantTell:
      return "can't tell";
    case Utility::kUnknown:
      break;
  }
  return "";
}

}  // namespace moebench
