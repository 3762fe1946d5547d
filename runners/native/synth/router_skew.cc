#include "runners/native/synth/router_skew.h"

#include <algorithm>
#include <cmath>

#include "harness/base/rng.h"
#include "harness/stats/distributions.h"

namespace moebench {
namespace {

constexpr double kSpreadOfMany = 0.68;  // OLMoE
constexpr double kSpreadOfFew = 0.12;   // Mixtral
constexpr int kFewExperts = 16;
constexpr double kLargestShare = 0.35;

double UpperQuantile(double share) { return NormalQuantile(1 - share); }

}  // namespace

std::vector<double> ExpertShares(int n_experts, int k, uint64_t seed) {
  const double spread = n_experts <= kFewExperts ? kSpreadOfFew : kSpreadOfMany;
  const double even = static_cast<double>(k) / n_experts;
  std::vector<double> shares(static_cast<size_t>(n_experts));
  double sum = 0;
  for (size_t i = 0; i < shares.size(); ++i) {  // evenly spaced quantiles, not draws
    shares[i] = std::exp(spread * NormalQuantile((static_cast<double>(i) + 0.5) / n_experts));
    sum += shares[i];
  }
  for (double& share : shares) {
    share = std::min(share * k / sum, std::max(kLargestShare, even));
  }
  Rng(seed).Shuffle(shares);
  return shares;
}

std::vector<float> RouterWeights(int n_experts, int k, int d_model, uint64_t seed) {
  const std::vector<double> shares = ExpertShares(n_experts, k, seed);
  const double even = static_cast<double>(k) / n_experts;
  Rng rng(seed + 1);
  std::vector<float> rows;
  rows.reserve(static_cast<size_t>(n_experts) * static_cast<size_t>(d_model));
  for (const double share : shares) {
    const double length = UpperQuantile(even) / UpperQuantile(share);
    const double unit = length / std::sqrt(static_cast<double>(d_model));
    for (int i = 0; i < d_model; ++i) rows.push_back(static_cast<float>(unit * rng.Normal()));
  }
  return rows;
}

}  // namespace moebench
