// What kind of questions a setting still answers, and how its answers go wrong, as parts of a
// report. Pure; thread-safe.
#pragma once

#include <vector>

#include "results/report_section.h"
#include "results/sweep_view.h"

namespace moebench {

// "Quality by domain", and "Signs of sickness" where somebody counted them.
std::vector<ReportSection> AnswerSections(const ModelView& model);

}  // namespace moebench
