// A small sweep with real worker processes (the fake runner) into a real store, run in a child
// process that may be killed or starved, and what must hold afterwards.
//   CrashLab lab;
//   ChildEnd end = lab.Run({FaultKind::kKill, 17});
//   lab.ExpectNothingLost(end);
//   lab.ExpectResumeCompletes();
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "harness/sweep/plan.h"
#include "harness/sweep/testing/faults.h"

namespace moebench {

struct ChildEnd {
  int wait_status = 0;
  std::vector<std::string> acknowledged;  // units that were durable before the end
  std::string last_words;                 // of an Error that left the sweep
  int64_t calls = 0;                      // counted system calls; 0 if it did not end by itself
  bool killed() const;
  int exit_code() const;  // of the sweep; -1 if it was killed
};

class CrashLab {
 public:
  // folder: for the database; emptied now.
  explicit CrashLab(std::filesystem::path folder);
  ~CrashLab();
  CrashLab(const CrashLab&) = delete;
  CrashLab& operator=(const CrashLab&) = delete;

  void Clear();  // an empty folder again
  // Begins the sweep, or goes on with what is there. kill_after_s < 0: never.
  ChildEnd Run(const FaultPlan& faults, double kill_after_s = -1);

  // The database is whole (or not begun) and holds every acknowledged unit. Reports through gtest.
  void ExpectNothingLost(const ChildEnd& end) const;
  // A run without faults ends the sweep with the same matrix as one that was never disturbed.
  void ExpectResumeCompletes();

  std::filesystem::path database() const { return folder_ / "s.db"; }
  double undisturbed_s() const { return undisturbed_s_; }
  int64_t undisturbed_calls() const { return undisturbed_calls_; }

 private:
  int SweepHere(int acknowledge_fd) const;  // in the child
  // Every unit once, how each cell ended, every figure; without times and numbers of rows.
  std::vector<std::string> Matrix() const;

  std::filesystem::path folder_;
  SweepPlan plan_;
  std::vector<std::string> expected_;
  double undisturbed_s_ = 0;
  int64_t undisturbed_calls_ = 0;
};

// In memory where there is such a file system: a kill does not ask whether the disk is slow.
std::filesystem::path CrashFolder();

}  // namespace moebench
