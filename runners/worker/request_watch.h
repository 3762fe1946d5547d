// How long a child may be silent, stand still, or take altogether for one request. The caller
// brings the time.
//   RequestWatch watch(limits, now_ns);
//   watch.Look(now_ns);  // often, while the child's lines are read
//   if (watch.Silent(now_ns)) ...
// Time in which nobody looked for more than a second is the parent's own (stopped by Ctrl-Z,
// starved, a virtual machine that was paused) and never held against the child: every limit moves
// on by it, for the child may have been stopped too.
#pragma once

#include <cstdint>

namespace moebench {

struct RequestLimits {
  double timeout_s = 0;        // of the whole request
  double hang_timeout_s = 0;   // without a line; 0 = not watched
  double stall_timeout_s = 0;  // without a step; 0 = not watched
};

class RequestWatch {
 public:
  RequestWatch(const RequestLimits& limits, int64_t now_ns);

  void Look(int64_t now_ns);
  void HeardLine(int64_t now_ns);
  void SawStep(int64_t now_ns);

  bool Silent(int64_t now_ns) const { return now_ns >= silent_until_ns_; }
  bool Stalled(int64_t now_ns) const { return now_ns >= stalled_until_ns_; }
  bool Late(int64_t now_ns) const { return now_ns >= deadline_ns_; }
  // When the first of them will be so.
  int64_t NextNs() const;

 private:
  RequestLimits limits_;
  int64_t looked_ns_, deadline_ns_, silent_until_ns_, stalled_until_ns_;
};

}  // namespace moebench
