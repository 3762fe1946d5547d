// The structs of runners/runner.h as JSON and back. Fields carry the struct's names and units.
//   std::string facts_json = DumpLine(ToJson(report.facts));       // as the store keeps it
//   ModelFacts facts = ModelFactsFrom(Fields(ParseJsonObject(facts_json)));
// Reading throws Error that names the field which is missing, mistyped or out of range.
#pragma once

#include "runners/runner.h"
#include "runners/worker/json_fields.h"

namespace moebench {

Json ToJson(const ModelFacts& facts);
Json ToJson(const PlacementPlan& plan);
Json ToJson(const PlacementProof& proof);
Json ToJson(const LoadRequest& request);
Json ToJson(const LoadReport& report);
Json ToJson(const GenerateRequest& request);
Json ToJson(const GenerateResult& result);
Json ToJson(const MeasureRequest& request);
Json ToJson(const MeasureResult& result);

ModelFacts ModelFactsFrom(const Fields& fields);
PlacementPlan PlacementPlanFrom(const Fields& fields);
PlacementProof PlacementProofFrom(const Fields& fields);
LoadRequest LoadRequestFrom(const Fields& fields);
LoadReport LoadReportFrom(const Fields& fields);
GenerateRequest GenerateRequestFrom(const Fields& fields);
GenerateResult GenerateResultFrom(const Fields& fields);
MeasureRequest MeasureRequestFrom(const Fields& fields);
MeasureResult MeasureResultFrom(const Fields& fields);

}  // namespace moebench
