// How far a sweep is, by the weight of its units of work, and what is told of it on the way.
//   SweepProgress progress(total_weight, environment);
//   progress.Ran(weight, seconds);  progress.Report("session 1 of 3: ...");
#pragma once

#include <set>
#include <string>

#include "harness/sweep/run_sweep.h"

namespace moebench {

class SweepProgress {
 public:
  // Its clock begins here.
  SweepProgress(double total_weight, const SweepEnvironment& environment);

  void Ran(double weight, double seconds);
  void Dropped(double weight);  // need not be run any more

  double ElapsedS() const;
  double ExpectedS(double weight) const;  // by what units took so far; 0 before any

  void Report(const std::string& text) const;  // what is being done
  void Note(const std::string& text) const;    // what is to be remembered
  void NoteOnce(const std::string& text);

 private:
  double Fraction() const;

  const SweepEnvironment& environment_;
  double total_weight_, done_weight_ = 0;
  double run_weight_ = 0, run_s_ = 0;  // of units that were run, not dropped
  double start_s_;
  std::set<std::string> noted_;
};

}  // namespace moebench
