// A sweep as Markdown for tickets and chat. Its first lines answer: which setting, what it gains,
// what it costs in quality, what was flagged, how to deploy it.
//   WriteFileAtomically("report.md", ReportMarkdown(Analyse(...)));
// Fits one GitHub comment (65,536 characters) however large the sweep is: rows that don't fit are
// counted and named as left out. Pure; thread-safe.
#pragma once

#include <string>

#include "results/sweep_view.h"

namespace moebench {

std::string ReportMarkdown(const SweepView& view);

}  // namespace moebench
