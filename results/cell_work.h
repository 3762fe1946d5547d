// A cell on its way from rows to view, and those it is held against. Part of the analysis; pure.
#pragma once

#include <string>
#include <vector>

#include "harness/stats/verdict.h"
#include "results/cell_figures.h"
#include "results/sweep_view.h"

namespace moebench {

struct Work {
  CellData data;
  CellView view;
  Verdict speed, quality;
  bool usable = false;  // has figures that may be used
  std::string doubt;    // why its speed can't be told though none of its own trials is in doubt
};

std::string NameOf(const std::string& path);  // without its folders

// Figures of one cell from its rows, refused if they must not be used.
Work StartWork(CellData data, const SessionsById& sessions, const ModelRecord& model);

// Takes away all figures.
void Refuse(Status status, const std::string& reason, Work& work);

// Null if there is none.
const Work* BaselineOf(const std::vector<Work>& cells, const Cell& cell);

// The k0 cell with plain decoding that shares the cell's placement, threads and instances: what
// S_max is relative to. Null if there is none with figures.
const Work* AnchorOf(const std::vector<Work>& cells, const Cell& cell, int k0);

// A cell that is faster than its bytes allow loses its figures; where the cell it is held against
// was slow, which its A/A copies or its own best trial show, that one is what is doubtful, and
// nothing is claimed. Done for all cells before any is compared, so that no verdict leans on a
// refused one.
void RefuseImpossibleSpeeds(std::vector<Work>& cells);

}  // namespace moebench
