#include "runners/native/model/rope.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <numeric>

namespace moebench {
namespace {

// How much of a pair's angle is not stretched: 1 for pairs that turn beta_fast times and more over
// the original context, 0 for those that turn beta_slow times and less (YaRN, section 3.2).
class YarnRamp {
 public:
  explicit YarnRamp(const RopeShape& shape) {
    const auto pair_that_turns = [&](double times) {
      return shape.dims * std::log(shape.original_context / (times * 2 * std::numbers::pi)) /
             (2 * std::log(shape.base));
    };
    low_ = std::max(0.0, std::floor(pair_that_turns(shape.beta_fast)));
    high_ = std::min(shape.dims - 1.0, std::ceil(pair_that_turns(shape.beta_slow)));
  }
  double At(int pair) const {
    return 1 - std::clamp((pair - low_) / std::max(0.001, high_ - low_), 0.0, 1.0);
  }

 private:
  double low_, high_;
};

// Whether a pair turns with the position of text, where time, height and width are the same and the
// fourth axis stands at 0. In turn, a pair is of the fourth axis whose own has no pairs left: of
// Qwen3-VL's [24, 20, 20] pairs 61 and 62 of 64, both slow (llama.cpp's
// ggml_mrope_cache_init and llm_graph_input_pos; the authors' own code turns them with time).
bool TurnsWithText(const RopeShape& shape, int pair) {
  const auto& sections = shape.sections;
  const int all = std::accumulate(sections.begin(), sections.end(), 0);
  if (all == 0) return true;
  const int at = pair % all;
  if (!shape.sections_take_turns) return at < all - sections[3];
  return at < 3 * sections[static_cast<std::size_t>(at % 3)];
}

// Radians that each pair turns from one position to the next.
std::vector<double> AnglesOf(const RopeShape& shape, std::span<const float> factors) {
  std::vector<double> angles;
  for (int i = 0; i < shape.dims / 2; ++i) {
    const double divisor = factors.empty() ? 1 : factors[static_cast<std::size_t>(i)];
    const double angle =
        TurnsWithText(shape, i) ? std::pow(shape.base, -2.0 * i / shape.dims) / divisor : 0;
    if (shape.scaling == RopeScaling::kYarn) {
      const double kept = YarnRamp(shape).At(i);
      angles.push_back(angle * kept + angle / shape.factor * (1 - kept));
    } else {
      angles.push_back(angle / shape.factor);
    }
  }
  return angles;
}

}  // namespace

RopeTable::RopeTable(int n_positions, const RopeShape& shape, std::span<const float> factors)
    : half_(shape.dims / 2), style_(shape.style) {
  const std::size_t half = static_cast<std::size_t>(half_);
  cos_.resize(static_cast<std::size_t>(n_positions) * half);
  sin_.resize(cos_.size());
  const std::vector<double> angles = AnglesOf(shape, factors);
  for (std::size_t at = 0; at < cos_.size(); ++at) {
    const double angle = static_cast<double>(at / half) * angles[at % half];
    cos_[at] = static_cast<float>(std::cos(angle) * shape.magnitude);
    sin_[at] = static_cast<float>(std::sin(angle) * shape.magnitude);
  }
}

void RopeTable::Apply(int position, float* head) const {
  const std::size_t row = static_cast<std::size_t>(position) * static_cast<std::size_t>(half_);
  const float* cosines = cos_.data() + row;
  const float* sines = sin_.data() + row;
  if (style_ == RopeStyle::kNeox) {
    for (int i = 0; i < half_; ++i) {
      const float a = head[i], b = head[i + half_];
      head[i] = a * cosines[i] - b * sines[i];
      head[i + half_] = a * sines[i] + b * cosines[i];
    }
    return;
  }
  for (int i = 0; i < half_; ++i) {
    const float a = head[2 * i], b = head[2 * i + 1];
    head[2 * i] = a * cosines[i] - b * sines[i];
    head[2 * i + 1] = a * sines[i] + b * cosines[i];
  }
}

}  // namespace moebench
