#include "results/report_judge.h"

#include <fmt/format.h>

namespace moebench {

std::string JudgeInWords(const JudgeOfSweep& judge) {
  if (judge.judge.empty()) return "none configured: graders and divergence carry the verdict";
  std::string text = fmt::format("{}, {} requests", judge.judge, judge.requests);
  if (judge.usd > 0) text += fmt::format(", {:.2f} USD", judge.usd);
  text += judge.trusted ? "; " + judge.why : "; not believed: " + judge.why;
  if (!judge.stopped.empty()) text += "; stopped early: " + judge.stopped;
  return text;
}

}  // namespace moebench
