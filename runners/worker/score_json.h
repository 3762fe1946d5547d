// Probabilities of tokens (runners/runner.h) as JSON and back, in the manner of struct_json.h.
#pragma once

#include "runners/runner.h"
#include "runners/worker/json_fields.h"

namespace moebench {

Json ToJson(const TextScoreRequest& request);
Json ToJson(const TextScore& score);
Json ToJson(const ChoiceScoreRequest& request);
Json ToJson(const ChoiceScore& score);

// Arms and continuations have as many numbers as they say, else these throw Error.
TextScoreRequest TextScoreRequestFrom(const Fields& fields);
TextScore TextScoreFrom(const Fields& fields);
ChoiceScoreRequest ChoiceScoreRequestFrom(const Fields& fields);
ChoiceScore ChoiceScoreFrom(const Fields& fields);

}  // namespace moebench
