// Rows of a made-up sweep, as the store would give them, for tests of the analysis.
//   SweepRows rows = SweepOf({{.k = 8, .tps = 50, .baseline = true}, {.k = 4, .tps = 65}});
#pragma once

#include <vector>

#include "results/store.h"

namespace moebench {

struct CellRows {
  int k = 8;
  double tps = 50;  // decode tokens/s; trials differ by some 0.3 %
  bool baseline = false;
  int control = 0;
  double right =
      0.9;  // share of the items it solves; those it solves are solved by better cells too
  int items = 150;
  std::string decoding = "plain";
  std::string placement = "interleave";
  double max_speedup = 2;
  Status status = Status::kOk;
  std::string reason;
  int instances = 1;  // tps are those of all together, in equal shares
};

struct SweepShape {
  int sessions = 3;  // worker processes of each placement
  int rounds = 3;    // trials of each cell in each of them
};

// Every cell of a placement and number of instances runs in each of its sessions, `rounds` times,
// with a trial of the first cell of that placement before and after.
SweepRows SweepOf(const std::vector<CellRows>& cells, const SweepShape& shape = {});

// The trials of one cell, to be spoilt.
std::vector<TrialRecord*> TrialsOf(SweepRows& rows, const std::string& cell_id);

}  // namespace moebench
