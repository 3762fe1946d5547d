#include "harness/sweep/sweep_progress.h"

#include <algorithm>

namespace moebench {

SweepProgress::SweepProgress(double total_weight, const SweepEnvironment& environment)
    : environment_(environment), total_weight_(total_weight), start_s_(environment.now_s()) {}

void SweepProgress::Ran(double weight, double seconds) {
  done_weight_ += weight;
  run_weight_ += weight;
  run_s_ += seconds;
}

void SweepProgress::Dropped(double weight) { done_weight_ += weight; }

double SweepProgress::ElapsedS() const { return environment_.now_s() - start_s_; }

double SweepProgress::ExpectedS(double weight) const {
  return run_weight_ > 0 ? weight * run_s_ / run_weight_ : 0;
}

double SweepProgress::Fraction() const {
  return total_weight_ > 0 ? std::min(1.0, done_weight_ / total_weight_) : 0;
}

void SweepProgress::Report(const std::string& text) const {
  SweepEvent event{SweepEvent::Kind::kProgress, text, Fraction(), -1};
  if (event.fraction > 0.02) event.left_s = ElapsedS() * (1 - event.fraction) / event.fraction;
  environment_.report(event);
}

void SweepProgress::Note(const std::string& text) const {
  environment_.report({SweepEvent::Kind::kNote, text, Fraction(), -1});
}

void SweepProgress::NoteOnce(const std::string& text) {
  if (noted_.insert(text).second) Note(text);
}

}  // namespace moebench
