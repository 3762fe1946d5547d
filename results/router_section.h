// Which experts a recorded text's tokens took, as a part of a report. Pure; thread-safe.
#pragma once

#include "results/report_section.h"
#include "results/sweep_view.h"

namespace moebench {

// A row for each layer, a heat map of all experts; empty without a trace, the sweep's
// own or that of moebench report --routing.
ReportSection RouterSection(const ModelView& model);

}  // namespace moebench
