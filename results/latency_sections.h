// How long tokens took and what that used of the machine, as parts of a report. Pure; thread-safe.
#pragma once

#include <vector>

#include "results/report_section.h"
#include "results/sweep_view.h"

namespace moebench {

// "Latency": prefill, first token, time between tokens by percentile. "Bandwidth": bytes read
// against the measured bound, the bound on the speed-up, energy, processes.
std::vector<ReportSection> LatencySections(const ModelView& model);

// "p50 1.18, p90 1.31, p99 1.66" with what the number of samples allows.
std::string PercentilesInWords(const LatencyView& times);

}  // namespace moebench
