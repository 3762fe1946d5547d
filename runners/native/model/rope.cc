#include "runners/native/model/rope.h"

#include <cmath>
#include <cstddef>

namespace moebench {

RopeTable::RopeTable(int n_positions, int head_dim, double base, RopeStyle style)
    : half_(head_dim / 2), style_(style) {
  const std::size_t n = static_cast<std::size_t>(n_positions) * static_cast<std::size_t>(half_);
  cos_.resize(n);
  sin_.resize(n);
  for (int position = 0; position < n_positions; ++position) {
    for (int i = 0; i < half_; ++i) {
      const double angle = position * std::pow(base, -2.0 * i / head_dim);
      const std::size_t at = static_cast<std::size_t>(position) * static_cast<std::size_t>(half_) +
                             static_cast<std::size_t>(i);
      cos_[at] = static_cast<float>(std::cos(angle));
      sin_[at] = static_cast<float>(std::sin(angle));
    }
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
