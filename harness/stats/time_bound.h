// What the time of decoding goes into: reading, computing, or waiting for one another.
//   TimeBound b = WhatBounds({.read_share = 0.82, .wait_share = 0.06, .source = "memory"});
//   b.kind == BoundKind::kReading, b.why == "reading at the probe's speed takes 82 % of the
//   time..."
// The time is parted in three: what reading the bytes of a token takes at the speed of the
// bandwidth probe (the least that it can take), what threads stand still at barriers, and the rest,
// which is arithmetic and all that neither explains. The largest part is the bound if it is ahead
// of the next by a tenth of the time. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>

namespace moebench {

enum class BoundKind { kUnknown, kReading, kComputing, kWaiting };

struct BoundInput {
  double read_share = 0;             // GB/s read over the probe's; 0 = there was no probe
  std::optional<double> wait_share;  // of the threads' time, mean; nothing: nobody measured it
  std::string source = "memory";     // what the probe read: memory | cache
};

struct TimeBound {
  BoundKind kind = BoundKind::kUnknown;
  double read = 0, compute = 0, wait = 0;  // shares of the time, 0..1; all 0 where it isn't parted
  std::string word;  // memory-bound | cache-bound | compute-bound | synchronisation-bound | can't
                     // tell
  std::string why;   // one clause
};

TimeBound WhatBounds(const BoundInput& input);

}  // namespace moebench
