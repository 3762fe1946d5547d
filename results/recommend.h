// Which setting to deploy for one text, and how. Part of the analysis; pure.
#pragma once

#include <string>
#include <vector>

#include "results/instance_places.h"
#include "results/sweep_view.h"

namespace moebench {

// What the choice needs to know of a cell beside its view.
struct Candidate {
  const CellView* view = nullptr;
  bool speed_ok = false;              // speed verdict ok or improved
  bool quality_ok = false;            // quality verdict ok (or the same answers)
  bool lossy = false;                 // another expert count than the baseline's
  std::vector<InstancePlace> places;  // where it was asked to run; one for each instance
};

// "quality -2 % [-5, +1] on 240 items"
std::string QualityInWords(const Candidate& choice);

// The fastest candidate that is faster than the baseline beyond its interval, and by more than the
// baseline can be from itself, and whose quality is known to hold; else the baseline, if it has
// figures. candidates: of one instance, without A/A controls. What several write together says
// nothing of how fast one text is (results/throughput.h).
//   noise  the most that the baseline, measured again under another name, may be ahead of itself:
//          the upper end of its A/A controls' ratios; 1 without controls
Recommendation Recommend(const std::vector<Candidate>& candidates, const CellView* baseline,
                         const ModelRecord& model, double noise);

}  // namespace moebench
