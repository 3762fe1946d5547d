// The same work for several instances of a model at once: a thread for each that waits for it, let
// go together at a gate.
//   RunAtOnce(workers.size(), [&](size_t i) { workers[i].runner->Warm(); });
#pragma once

#include <cstddef>
#include <functional>
#include <span>

namespace moebench {

// Calls work(0) in this thread and work(1), ... in others; returns when all have ended. What one of
// them threw is thrown again: an interruption first, then a dead worker, then any other. Throws
// Error, and calls none, where the system gives fewer threads.
void RunAtOnce(size_t n, const std::function<void(size_t)>& work);

// When one instance ran its trial, and until when it was kept busy; seconds of any clock.
struct InstanceTime {
  double start_s = 0, end_s = 0, busy_until_s = 0;
};

// Of the trial that had the least company: the share of its time in which all others were busy,
// 0..1. 1 for fewer than two.
double OverlapOf(std::span<const InstanceTime> times);

}  // namespace moebench
