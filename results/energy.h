// What a token cost in energy, where the machine's counters were readable. Pure, thread-safe.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "results/records.h"

namespace moebench {

struct Energy {
  std::optional<double> joules_per_token;
  std::string unavailable;  // why there is none
};

// Joules of all packages (RAPL: cores, caches, memory controllers, whoever used them) over the
// tokens generated; the prompts' energy is in it. Trials whose counters could not be read are left
// out.
Energy EnergyOf(std::span<const TrialRecord* const> trials);

}  // namespace moebench
