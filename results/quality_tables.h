// What reports say of quality beside the graders' figures, as tables of raw text: graders,
// divergence and judge side by side, divergence and judge in detail. The same for Markdown and
// HTML; whoever prints it escapes it. Pure; thread-safe.
//   for (const ReportSection& s : QualitySections(model, view.judge)) ...
#pragma once

#include <string>
#include <vector>

#include "results/report_section.h"
#include "results/sweep_view.h"

namespace moebench {

// Those that there are, in the order to be read; whether a judge spoke is said in every case in
// which quality was measured.
std::vector<ReportSection> QualitySections(const ModelView& model, const JudgeOfSweep& judge);

}  // namespace moebench
