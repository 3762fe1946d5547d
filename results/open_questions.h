// What a sweep that is still running should look at longer: cells whose speed ratio is not known
// well enough, and suspects that deserve a second look. Pure.
#pragma once

#include <string>
#include <vector>

#include "results/history.h"
#include "results/store.h"

namespace moebench {

struct OpenQuestion {
  std::string cell_id;
  // Of the 95 % interval of its speed ratio to the baseline, relative; 1 while it, or the baseline,
  // has too few undisturbed trials.
  double half_width = 0;
  // Below the threshold of the baseline's speed or of its own past, or such a loss (or gain) can't
  // be excluded against its past. Settings with more experts than k0 are expected to be slower.
  bool suspect = false;
};
std::vector<OpenQuestion> OpenQuestions(SweepRows rows, const History& history);

}  // namespace moebench
