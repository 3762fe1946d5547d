// Drives workers through a plan and feeds a sink. A failed cell is a row with a reason and the
// sweep goes on; only a sink that can't keep rows ends it by an exception.
//   SweepEnd end = RunSweep(plan, sink, {}, environment);
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/sweep/plan.h"
#include "harness/sweep/sink.h"
#include "quality/code_tests.h"
#include "runners/runner.h"

namespace moebench {

enum class SweepEnd { kFinished, kCancelled, kBudgetUsed };

struct Worker {
  std::unique_ptr<Runner> runner;
  int pid = 0;                            // of the child process; 0 if it runs in this one
  std::vector<std::string> capabilities;  // as its hello says
};

struct ReadBandwidths {
  double memory_gbps = 0, cache_gbps = 0;  // 0 = not measured
  int64_t cache_bytes = 0;                 // last-level cache of these cores; 0 = unknown
};

struct TrialNote {
  std::string machine_delta_json;
  std::string unstable;  // why the trial should be distrusted; empty if the machine was quiet
};

struct SweepEvent {
  enum class Kind { kProgress, kNote } kind = Kind::kProgress;
  std::string text;     // what runs now, or what happened
  double fraction = 0;  // of the work done, 0..1
  double left_s = -1;   // -1 = not known yet
};

// What is known of a cell's speed so far.
struct CellNeed {
  std::string cell_id;
  double half_width = 0;  // of the 95 % interval of its speed ratio, relative
  bool suspect = false;   // a second look beside the baseline is due
};

// The outside world as functions, so that a test can be any of it.
struct SweepEnvironment {
  std::function<Worker()> start_worker;
  std::function<ReadBandwidths(const std::vector<int>& cpus)> measure_bandwidth;
  // The same, measured anew, when a trial read more than that; empty = it isn't asked.
  std::function<ReadBandwidths(const std::vector<int>& cpus)> probe_again;
  // Called before a worker is started, with how long the process before it ran; empty = no wait.
  std::function<void(double last_process_s)> cool_down;
  // Called before a trial of these processes with so many threads together; what it returns is
  // called after it.
  std::function<std::function<TrialNote()>(const std::vector<int>& pids, int threads)> watch_trial;
  // Asked after the planned sessions; empty = no more sessions and no second look.
  std::function<std::vector<CellNeed>()> judge;
  CodeRunner run_code;  // for items of code; empty where there is no sandbox
  std::function<bool()> cancelled;
  std::function<double()> now_s;  // of several instances each asks, in a thread of its own
  // The runner's times are computed, not measured: instances need not overlap.
  bool virtual_time = false;
  std::function<void(const SweepEvent&)> report;
  int machine_node_count = 1;
  EarlierGuesses earlier_guesses;  // may be empty
};

SweepEnd RunSweep(const SweepPlan& plan, Sink& sink, const DoneWork& done,
                  const SweepEnvironment& environment);

}  // namespace moebench
