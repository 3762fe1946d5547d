// What guessing did in one cell, beside plain decoding at the same k: counters, acceptance, gain,
// texts, kinds of prompts. Part of the analysis; pure.
#pragma once

#include <string>
#include <vector>

#include "harness/stats/verdict.h"
#include "results/cell_figures.h"
#include "results/store.h"

namespace moebench {

// Fills view.speculation of a cell whose decoding is not plain and whose trials counted guesses.
//   plain  the cell with plain decoding and the same k, placement and threads; may be null
void FillSpeculation(const CellData& cell, const CellData* plain, const SweepRows& rows,
                     int n_experts, CellView& view);

// "parity: ..." of a text that left plain decoding's by more than rounding explains; empty if none
// did.
std::string ParityRefusal(const CellData& cell);

// Adds to what is said of the cell's speed: warnings, what guessing gains, whether its texts are
// plain decoding's. Where every guess was right the speed is not believed: a prompt, or its own
// answer, was replayed.
void WeighGuessing(const CellData& cell, const CellView& view, Verdict& speed);

// R(T) of each k and placement of a model, from the rows of its sessions.
std::vector<PassTableView> PassTables(const SweepRows& rows, const std::string& model_sha256,
                                      int n_experts);

}  // namespace moebench
