// The order in which one worker process times its cells: random by seed, interleaved with an anchor
// (the baseline) so that every trial has a baseline trial near it on both sides.
//   anchor c3 c1 anchor c2 c4 anchor | anchor c4 c2 anchor c1 c3 anchor | ...
// Every second round runs the order of the round before backwards (A B B A), so that a drift that
// is linear in time cancels. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace moebench {

struct TrialSlot {
  size_t cell = 0;  // index of the cell
  int round = 0;  // of that cell within the session, from 0; the anchor has more rounds than others
  bool operator==(const TrialSlot&) const = default;
};

// cells: all to be timed, without the anchor.
struct ScheduleRequest {
  std::vector<size_t> cells;
  size_t anchor = 0;
  bool has_anchor = false;
  int trials = 1;     // rounds
  uint64_t seed = 0;  // of this session
};
std::vector<TrialSlot> ScheduleSession(const ScheduleRequest& request);

}  // namespace moebench
