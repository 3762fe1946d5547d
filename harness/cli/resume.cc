#include "harness/cli/resume.h"

#include <nlohmann/json.hpp>

namespace moebench {
namespace {

// Configurations that differ in nothing but what a placement's file holds.
bool OnlyFilesChanged(const SweepRecord& then, const SweepRecord& now) {
  nlohmann::json before = nlohmann::json::parse(then.config_json, nullptr, false);
  nlohmann::json after = nlohmann::json::parse(now.config_json, nullptr, false);
  if (!before.is_object() || !after.is_object()) return false;
  const bool told = before.contains(kPlacementContentKey) && after.contains(kPlacementContentKey);
  before.erase(kPlacementContentKey);
  after.erase(kPlacementContentKey);
  return told && before == after;
}

}  // namespace

std::optional<ResumeRefusal> RefusalToResume(const SweepRecord& then, const SweepRecord& now,
                                             Mixing mixing) {
  const std::string anew = "run without --resume to begin a new one";
  if (!then.finished.empty()) return ResumeRefusal{"it is finished", anew};
  if (then.config_hash != now.config_hash) {
    if (OnlyFilesChanged(then, now)) {
      return ResumeRefusal{"the file that a placement names holds something else now", anew};
    }
    return ResumeRefusal{"models, suite or configuration have changed", anew};
  }
  if (mixing == Mixing::kAllowed) return std::nullopt;
  const std::string mix = anew + ", or add --allow-mixed: speeds are then kept under a mark";
  if (then.machine_hash != now.machine_hash) {
    return ResumeRefusal{"the machine or its settings have changed", mix};
  }
  if (then.version != now.version) {
    return ResumeRefusal{"it was begun by moebench " + then.version, mix};
  }
  return std::nullopt;
}

std::string OtherCircumstances(const SweepRecord& then, const SweepRecord& now) {
  std::string what;
  if (then.machine_hash != now.machine_hash) what += " on machine " + now.machine_hash;
  if (then.version != now.version) what += " by moebench " + now.version;
  return what.empty() ? "" : "resumed" + what;
}

}  // namespace moebench
