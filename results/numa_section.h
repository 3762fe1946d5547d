// What placement, waiting and instances did to every setting, as a part of a report. Pure;
// thread-safe.
#pragma once

#include "results/report_section.h"
#include "results/sweep_view.h"

namespace moebench {

// Every setting of plain decoding: bytes, bandwidth, waiting, remote share, what bound it; beneath
// it who won and why.
ReportSection NumaSection(const ModelView& model);

}  // namespace moebench
