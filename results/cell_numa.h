// The NUMA side of a cell from its trials and sessions. Part of the analysis; pure.
#pragma once

#include "results/cell_figures.h"

namespace moebench {

// After FillFigures, whose bandwidth it takes.
void FillNuma(const CellData& cell, const SessionsById& sessions, CellView& view);

}  // namespace moebench
