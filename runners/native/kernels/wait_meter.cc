#include "runners/native/kernels/wait_meter.h"

#include <algorithm>

#include "runners/native/kernels/ticks.h"

namespace moebench {

WaitMeter::WaitMeter(const Team& team)
    : team_(team), before_(static_cast<std::size_t>(team.size())) {
  Start();
}

void WaitMeter::Start() {
  for (std::size_t thread = 0; thread < before_.size(); ++thread) {
    before_[thread] = team_.WaitedTicks(static_cast<int>(thread));
  }
  start_ = Ticks();
}

WaitPart WaitMeter::Part() const {
  const double wall = static_cast<double>(std::max<int64_t>(1, Ticks() - start_));
  WaitPart part;
  for (std::size_t thread = 0; thread < before_.size(); ++thread) {
    const int64_t waited = team_.WaitedTicks(static_cast<int>(thread)) - before_[thread];
    // A wait that began before Start is counted whole.
    const double share = std::clamp(static_cast<double>(waited) / wall, 0.0, 1.0);
    part.mean += share / static_cast<double>(before_.size());
    part.most = std::max(part.most, share);
  }
  part.mean = std::min(part.mean, part.most);  // sums round
  return part;
}

}  // namespace moebench
