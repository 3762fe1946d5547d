// The structs of runners/speculation.h as JSON and back, as struct_json.h does with the others.
#pragma once

#include "runners/speculation.h"
#include "runners/worker/json_fields.h"

namespace moebench {

Json ToJson(const SpeculationOptions& options);
Json ToJson(const SpeculationCounts& counts);
Json ToJson(const VerifyCost& cost);

SpeculationOptions SpeculationOptionsFrom(const Fields& fields);
SpeculationCounts SpeculationCountsFrom(const Fields& fields);
VerifyCost VerifyCostFrom(const Fields& fields);

}  // namespace moebench
