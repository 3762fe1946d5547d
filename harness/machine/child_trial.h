// Tries in a child process what might take this one down.
//   if (!EndsWellInAChild([&] { Parse(file); })) throw Error{...};
// For a library that trusts its input: hwloc 2.9 crashes on XML whose sets of cpus contradict each
// other. The child's memory is its own; nothing but whether it ended comes back. Not for a process
// with threads that hold locks.
#pragma once

#include <functional>

namespace moebench {

// Whether the attempt returned or threw, in at most 10 s of cpu time; false where it crashed or
// spun. True where no child could be had: then the attempt is made without a trial.
bool EndsWellInAChild(const std::function<void()>& attempt);

}  // namespace moebench
