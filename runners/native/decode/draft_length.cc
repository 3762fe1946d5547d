#include "runners/native/decode/draft_length.h"

#include <algorithm>

#include "harness/base/error.h"

namespace moebench {
namespace {

constexpr double kMemory = 0.9;  // weight of what was before a pass beside that pass
constexpr int kTryAfter = 16;    // passes

}  // namespace

PassCosts CostsBetween(std::span<const VerifyCost> measured, double guess_ms) {
  CHECK(!measured.empty() && measured[0].tokens == 1);
  PassCosts costs{.guess_ms = guess_ms};
  double slope = 0;
  for (std::size_t i = 0; i < measured.size(); ++i) {
    const VerifyCost& here = measured[i];
    const bool last = i + 1 == measured.size();
    const int end = last ? static_cast<int>(costs.ms.size()) : measured[i + 1].tokens;
    if (!last) slope = (measured[i + 1].ms - here.ms) / (end - here.tokens);
    for (int n = here.tokens; n < end && n < static_cast<int>(costs.ms.size()); ++n) {
      costs.ms[static_cast<std::size_t>(n)] = here.ms + slope * (n - here.tokens);
    }
  }
  return costs;
}

double DraftLength::Promise(int n) const {
  const double chance = right_ / tried_;
  double tokens = 1, all_right = 1;
  for (int i = 0; i < n; ++i) tokens += all_right *= chance;
  return tokens / (costs_.ms[static_cast<std::size_t>(n) + 1] + n * costs_.guess_ms);
}

int DraftLength::Next() {
  int best = 0;
  for (int n = 1; n <= kMostGuesses; ++n) {
    if (Promise(n) > Promise(best)) best = n;
  }
  if (best > 0) {
    idle_ = 0;
    return best;
  }
  if (++idle_ < kTryAfter) return 0;
  idle_ = 0;
  return 1;
}

void DraftLength::Learn(int guesses, int right) {
  if (guesses == 0) return;
  tried_ = kMemory * tried_ + std::min(right + 1, guesses);
  right_ = kMemory * right_ + right;
}

}  // namespace moebench
