// One cell of one sweep as a night of its history: speed by worker process, alone and beside the
// anchor (k0, plain, same placement and threads) that ran in the same processes. Pure.
//   CellNight night = NightOfCell(SpeedsOf(rows), cell_id);
#pragma once

#include <string>
#include <vector>

#include "harness/stats/nights.h"
#include "results/store.h"

namespace moebench {

struct CellNight {
  Night absolute;                   // of log tokens/s
  Night relative;                   // of log(cell / anchor); no processes: it has no anchor
  std::vector<double> rerun_pairs;  // log(cell / anchor) of neighbours, from the re-run of suspects
};

PastSweep SpeedsOf(const SweepRows& rows);
CellNight NightOfCell(const PastSweep& sweep, const std::string& cell_id);

// The anchor's id; empty for the anchor itself and where there is none.
std::string AnchorOfCell(const std::vector<CellRecord>& cells, const std::string& cell_id);

// log(cell / anchor) of each undisturbed cell trial and the undisturbed anchor trial nearest to it
// in the same session.
std::vector<double> NeighbourRatios(const std::vector<PastTrial>& trials,
                                    const std::string& cell_id, const std::string& anchor_id);

// What numbers of two sweeps must have in common: suite and tokens per prompt.
std::string WorkloadOf(const SweepRecord& sweep);

}  // namespace moebench
