#include "results/energy.h"

#include <nlohmann/json.hpp>

namespace moebench {
namespace {

// {"energy_j": 12.5} or {"energy_j": {"unavailable": "..."}} of a trial's machine delta.
Energy JoulesOf(const TrialRecord& trial) {
  const auto delta = nlohmann::json::parse(trial.machine_delta_json, nullptr, false);
  const auto found = delta.is_object() ? delta.find("energy_j") : delta.end();
  if (!delta.is_object() || found == delta.end()) return {{}, "it was not recorded"};
  if (found->is_number()) return {found->get<double>(), ""};
  const bool says =
      found->is_object() && found->contains("unavailable") && (*found)["unavailable"].is_string();
  return {{}, says ? (*found)["unavailable"].get<std::string>() : "it was not recorded"};
}

}  // namespace

Energy EnergyOf(std::span<const TrialRecord* const> trials) {
  double joules = 0;
  int64_t tokens = 0;
  std::string why = "nothing was measured";
  for (const TrialRecord* trial : trials) {
    const Energy one = JoulesOf(*trial);
    if (!one.joules_per_token) {
      why = one.unavailable;
      continue;
    }
    joules += *one.joules_per_token;
    tokens += trial->generated_tokens;
  }
  if (tokens <= 0 || joules <= 0) return {{}, tokens > 0 ? "the counters stood still" : why};
  return {joules / static_cast<double>(tokens), ""};
}

}  // namespace moebench
