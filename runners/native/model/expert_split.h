// Whole experts with groups of threads: those of a NUMA node, whose memory then holds the experts'
// weights. All else is split by rows over the whole team.
//   ExpertSplit split{.group_of_thread = {0, 0, 1, 1}, .group_of_expert = {{0, 1, 0, 1}}};
// Plain data; empty: every expert is split over all threads.
#pragma once

#include <vector>

namespace moebench {

struct ExpertSplit {
  std::vector<int> group_of_thread;               // [threads] 0..groups - 1, each with a thread
  std::vector<std::vector<int>> group_of_expert;  // [layers with experts, n_experts]
  bool empty() const { return group_of_thread.empty(); }
};

}  // namespace moebench
