// All parts of a model's report beneath its main table, in the order to be read. A new part is a
// function of its own file and one line here; HTML and Markdown need no change.
// Pure; thread-safe.
#pragma once

#include <vector>

#include "results/report_section.h"
#include "results/sweep_view.h"

namespace moebench {

std::vector<ReportSection> SectionsOf(const ModelView& model, const SweepView& view);

}  // namespace moebench
