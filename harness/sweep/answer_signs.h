// The signs of sickness in a sweep's answers, counted cell by cell from the answers as they are
// stored, so that old databases have them too.
//   for (const CellSigns& signs : CountSigns(rows, {"baseline id", "other id"})) ...
#pragma once

#include <string>
#include <vector>

#include "results/store.h"

namespace moebench {

struct CellSigns {
  std::string cell_id;
  int answers = 0;
  // How many of them show each sign of quality/hygiene.h.
  int cut_off = 0, empty = 0, loop = 0, unfinished = 0, open_fence = 0, open_json = 0,
      prompt_echo = 0, wrong_script = 0;
  // Answers that deflate better than 99 of 100 of the baseline's do.
  int repetitive = 0;
};

// The cells of one model, its baseline first, in the order of `cell_ids`. Choices that were only
// scored are no answers here.
std::vector<CellSigns> CountSigns(const SweepRows& rows, const std::vector<std::string>& cell_ids);

}  // namespace moebench
