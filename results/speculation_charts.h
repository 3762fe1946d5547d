// Charts of k x decoding and of what passes cost. Pure; thread-safe.
#pragma once

#include <optional>
#include <string>

#include "results/report_section.h"
#include "results/sweep_view.h"

namespace moebench {

// "draft", or with how recurrent layers take guesses back: "draft, checkpoint".
std::string DecodingName(const Cell& cell);

// Bars of each way of decoding for every k, at the baseline's placement and threads.
std::optional<ReportChart> DecodingChart(const ModelView& model);
// R(T) by the tokens of a pass.
std::optional<ReportChart> PassChart(const ModelView& model);

}  // namespace moebench
