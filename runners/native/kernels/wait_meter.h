// Which part of a stretch of time the threads of a team stood still, waiting for each other.
//   WaitMeter meter(team);
//   meter.Start();
//   ... passes ...
//   WaitPart part = meter.Part();
// Only construction allocates: Start and Part may stand in a measured region. For the thread that
// owns the team, between two calls of Run.
#pragma once

#include <vector>

#include "runners/native/kernels/team.h"

namespace moebench {

// Of the wall time, 0..1: at barriers, and while thread 0 alone worked between two jobs.
struct WaitPart {
  double mean = 0;  // over all threads
  double most = 0;  // of the thread that waited the most
};

class WaitMeter {
 public:
  explicit WaitMeter(const Team& team);

  void Start();
  // Since the last Start; a wait that is under way counts when it ends.
  WaitPart Part() const;

 private:
  const Team& team_;
  int64_t start_ = 0;
  std::vector<int64_t> before_;  // [threads] ticks waited so far
};

}  // namespace moebench
