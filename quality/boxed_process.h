// A command run to its end, or to its limit, with its output caught.
#pragma once

#include <string>
#include <vector>

namespace moebench {

struct BoxedEnd {
  bool started = false;
  int exit_code = 0;   // 128 + signal if a signal ended it
  std::string killed;  // why we ended it: too slow, too much output; else empty
  std::string out;     // both streams, at most kMostOutputBytes
};

constexpr size_t kMostOutputBytes = 64 << 10;

// argv[0] is an absolute path. The command has no input, no file of ours open and a process group
// of its own; all of the group is killed at the limit.
BoxedEnd RunToEnd(const std::vector<std::string>& argv, double limit_s);

}  // namespace moebench
