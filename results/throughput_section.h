// A part of the report: settings of several instances, what they write together and what each text
// has of it. Pure; thread-safe.
#pragma once

#include "results/report_section.h"
#include "results/sweep_view.h"

namespace moebench {

ReportSection ThroughputSection(const ModelView& model);

}  // namespace moebench
