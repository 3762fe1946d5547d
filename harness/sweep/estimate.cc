#include "harness/sweep/estimate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace moebench {
namespace {

constexpr double kLoadGbps = 1.0;               // reading and packing, a cautious figure
constexpr double kProcessSeconds = 0.3;         // start, warm-up, end
constexpr double kTokenOverheadSeconds = 2e-5;  // what a token costs beside its bytes
constexpr double kPromptBytesPerToken = 4;
constexpr double kPrefillSpeedup = 4;  // prompt tokens per second over decoded ones
constexpr double kAnswerTokens = 0.4;  // of an item's limit, on average

}  // namespace

TimeEstimate EstimateSweep(const SweepPlan& plan, const std::map<std::string, double>& decode_tps,
                           double bandwidth_gbps) {
  TimeEstimate estimate{0, true};
  double speed_tokens = 0;
  for (const SpeedPrompt& prompt : plan.suite.speed) {
    speed_tokens +=
        SpeedTokens(prompt, plan.spec.max_tokens) +
        static_cast<double>(prompt.prompt.size()) / kPromptBytesPerToken / kPrefillSpeedup;
  }
  double answer_tokens = 0;
  for (const Item& item : plan.items) {
    answer_tokens += kAnswerTokens * item.max_tokens + static_cast<double>(item.prompt.size()) /
                                                           kPromptBytesPerToken / kPrefillSpeedup;
  }
  for (const SessionGroup& group : plan.groups) {
    const PlannedModel& model = plan.models[group.model];
    // Each of several makes as many tokens, of a speed or bandwidth that is that of all of them.
    const auto instances = static_cast<double>(InstancesOf(group));
    const auto seconds_per_token = [&](size_t cell) {
      const auto known = decode_tps.find(model.cells[cell].cell_id);
      if (known != decode_tps.end() && known->second > 0) {
        return instances / known->second;
      }
      estimate.from_history = false;
      return instances * model.cells[cell].bytes_per_token_predicted /
                 (1e9 * std::max(bandwidth_gbps, 1.0)) +
             kTokenOverheadSeconds;
    };
    const double load = static_cast<double>(model.facts.file_bytes) / (1e9 * kLoadGbps);
    estimate.seconds += plan.spec.sessions * instances * (load + kProcessSeconds);
    const double trials = plan.spec.sessions * plan.spec.trials;
    for (const size_t cell : group.cells) {
      estimate.seconds += seconds_per_token(cell) * (trials * speed_tokens + answer_tokens);
    }
    if (group.anchor) {
      const double anchors = 1 + std::ceil(static_cast<double>(group.cells.size()) / 2);
      estimate.seconds +=
          seconds_per_token(*group.anchor) * (trials * anchors * speed_tokens + answer_tokens);
    }
  }
  return estimate;
}

std::string FormatDuration(double seconds) {
  if (seconds < 90) return fmt::format("{:.0f} s", seconds);
  const auto minutes = std::llround(seconds / 60);
  if (minutes < 90) return fmt::format("{} min", minutes);
  return fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

}  // namespace moebench
