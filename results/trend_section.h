// How settings went over the nights, as a part of a report. Pure; thread-safe.
#pragma once

#include "results/report_section.h"
#include "results/sweep_view.h"

namespace moebench {

// A row for each night, the newest first, and a chart with change points marked; empty on a first
// night.
ReportSection TrendSection(const ModelView& model);

}  // namespace moebench
