// Where threads and memory sat and what it did to speed, as parts of a report. Pure; thread-safe.
#pragma once

#include <vector>

#include "results/report_section.h"
#include "results/sweep_view.h"

namespace moebench {

// Plain decoding by placement and thread count; empty where only one of each was swept.
std::vector<ReportSection> PlacementSections(const ModelView& model);

}  // namespace moebench
