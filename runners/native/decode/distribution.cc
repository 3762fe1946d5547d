#include "runners/native/decode/distribution.h"

#include <algorithm>
#include <cmath>

namespace moebench {

Distribution ReadLogits(std::span<const float> logits) {
  Distribution out;
  out.logits = logits;
  const auto top = std::max_element(logits.begin(), logits.end());
  out.top = static_cast<int>(top - logits.begin());
  const float most = *top;
  double sum = 0;
  for (const float logit : logits) sum += static_cast<double>(std::exp(logit - most));
  out.log_sum = static_cast<double>(most) + std::log(sum);
  return out;
}

float LogP(const Distribution& distribution, int token) {
  const double logit = static_cast<double>(distribution.logits[static_cast<std::size_t>(token)]);
  return static_cast<float>(std::min(0.0, logit - distribution.log_sum));
}

float KlDivergence(const Distribution& base, const Distribution& other) {
  constexpr double kLeastLogP = -16;
  double sum = 0;
  for (std::size_t i = 0; i < base.logits.size(); ++i) {
    const double base_log_p = static_cast<double>(base.logits[i]) - base.log_sum;
    if (base_log_p <= kLeastLogP) continue;
    const double log_p = static_cast<double>(other.logits[i]) - other.log_sum;
    const double p = static_cast<double>(std::exp(static_cast<float>(base_log_p)));
    sum += p * (base_log_p - log_p);
  }
  return static_cast<float>(sum);
}

}  // namespace moebench
