// A sweep as one HTML file: no network, no script needed (scripts only add charts), readable in
// light, dark, print and on a phone. Its first screen answers: which setting, what it gains, what
// it costs in quality, what was flagged, how noisy the night was, how to deploy it.
//   WriteFileAtomically("report.html", ReportHtml(Analyse(...)));
// Everything a model, file or suite wrote is escaped; a Content-Security-Policy in the file allows
// nothing but the page's own style and scripts, by their hashes. Pure; thread-safe.
#pragma once

#include <string>

#include "results/sweep_view.h"

namespace moebench {

std::string ReportHtml(const SweepView& view);

}  // namespace moebench
