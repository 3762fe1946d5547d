// A made-up sweep that looks like a real one, for tests and for looking at reports. Every number is
// invented.
#pragma once

#include "results/sweep_view.h"

namespace moebench::testing {

// One model "made-up-moe-demo.gguf", k0 = 8 of 32 experts: a baseline, an A/A control, k from 12 to
// 1 with every verdict, a skipped, a failed and an invalid cell, samples, a worker session.
SweepView SampleView();

// The same model with cell_count cells, all with figures and samples.
SweepView LargeSampleView(int cell_count);

// A copy of the view with every text in it, names, reasons, answers and JSON alike, replaced.
SweepView WithEveryTextReplaced(SweepView view, const std::string& text);

}  // namespace moebench::testing
