// What stands beside a cell's graded answers: the divergence of its distributions from the model's
// own expert count, what a judge said, and whether they agree. Part of the analysis; pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/stats/verdict.h"
#include "results/cell_figures.h"
#include "results/store.h"

namespace moebench {

// Hands each cell its divergence and the judgements of the judge that spoke last; returns that
// judge. Pointers point into the rows.
JudgeOfSweep AddBeside(const SweepRows& rows, std::map<std::string, CellData>& data);

// Fills view.divergence; the verdict has no reasons if nothing was measured.
Verdict FillDivergence(const CellData& cell, CellView& view);

// Mean score and pairs of the cell's own judgements, and their change against the baseline's.
// Without reasons if there are none, or if the judge is not to be believed.
//   baseline  null: there is none to compare with
Verdict FillJudge(const CellData& cell, const CellData* baseline, const JudgeOfSweep& judge,
                  double flag_below, CellView& view);

// Graders, divergence and judge as one word on quality. A judge that is believed, or the graders,
// may flag; what the graders can't tell the judge may, and without such a judge divergence. What
// disagrees is written into view.disagreement.
//   graders_n  items behind the graders' verdict
Verdict WeighQuality(const Verdict& graders, int graders_n, const Verdict& divergence,
                     const Verdict& judge, CellView& view);

// Fills safe_k and its text, and adds the advice to cells whose quality fell: the smallest expert
// count up to the baseline's own whose quality, and that of every count above it, is not flagged
// or in doubt; who disagrees is part of the evidence. verdicts: of quality, by cell id.
void AdviseExperts(const std::map<std::string, VerdictKind>& verdicts, ModelView& model);

}  // namespace moebench
