#include "harness/sweep/schedule.h"

#include <algorithm>

#include "harness/base/rng.h"

namespace moebench {

std::vector<TrialSlot> ScheduleSession(const ScheduleRequest& request) {
  std::vector<TrialSlot> slots;
  std::vector<size_t> order = request.cells;
  Rng rng(request.seed);
  int anchor_round = 0;
  const auto add_anchor = [&] {
    if (request.has_anchor) slots.push_back({request.anchor, anchor_round++});
  };
  for (int round = 0; round < request.trials; ++round) {
    if (round % 2 == 0) {
      rng.Shuffle(order);
    } else {
      std::reverse(order.begin(), order.end());
    }
    add_anchor();
    for (size_t i = 0; i < order.size(); ++i) {
      slots.push_back({order[i], round});
      if (i % 2 == 1 || i + 1 == order.size()) add_anchor();
    }
  }
  return slots;
}

}  // namespace moebench
