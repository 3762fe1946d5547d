// Which setting writes the most tokens/s where there are several texts at once. Part of the
// analysis; pure.
#pragma once

#include <vector>

#include "results/recommend.h"

namespace moebench {

// The one whose instances together write the most, if that is more than the baseline writes, by the
// same measure as in Recommend, and more than `alone` writes with one text after the other. Fewer
// experts than the model's own must also be faster than its own with as many instances: else only
// the instances are what gains.
//   candidates  of several instances, without A/A controls
//   alone       what is recommended for one text; null if nothing is
Throughput MostTokens(const std::vector<Candidate>& candidates, const CellView* baseline,
                      const CellView* alone, const ModelRecord& model, double noise);

}  // namespace moebench
