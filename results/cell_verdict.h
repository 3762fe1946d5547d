// What is said of a cell: its speed and its quality against the baseline's. Part of the analysis;
// pure.
#pragma once

#include "results/cell_work.h"

namespace moebench {

void JudgeBaseline(const JudgeOfSweep& judge, double flag_below, Work& work);

// Speed and quality against the baseline; what an unfinished cell, a control or a missing quality
// allows to say.
//   baseline    null: there is none
//   anchor      k0 with plain decoding at the cell's own placement, threads and instances; the same
//   flag_below  a ratio
void Judge(const Work* baseline, const Work* anchor, const JudgeOfSweep& judge, double flag_below,
           Work& work);

}  // namespace moebench
