// Texts built into the program from results/report/ and from the distribution's Chart.js.
#pragma once

#include <string_view>

namespace moebench {

extern const std::string_view kReportTemplate;
extern const std::string_view kReportCss;
extern const std::string_view kReportJs;
extern const std::string_view kChartJs;

}  // namespace moebench
