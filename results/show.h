// A sweep for the terminal and for programs.
//   fputs(ShowTable(view, isatty(1), 80).c_str(), stdout);
//   std::cout << ShowJson(view).dump(2);
// Pure, thread-safe.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "results/sweep_view.h"

namespace moebench {

enum class Colour { kNo, kYes };

// The answer first (recommendation, what was flagged), then one row per cell with its reasons.
// Whatever came from outside is printed so that it can't act on the terminal.
//   width  columns; at least 60 are used. From 110 on prefill and time to first token are shown
//   too.
std::string ShowTable(const SweepView& view, Colour colour, int width);

// Schema "moebench.show/1" (design.md section 4; fields are only ever added). What was not measured
// is null; text that is no UTF-8 has U+FFFD in place of the bytes that aren't.
nlohmann::json ShowJson(const SweepView& view);

}  // namespace moebench
