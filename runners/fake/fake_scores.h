// Made-up probabilities: of a text's tokens, worse by the script's divergence at fewer experts, and
// of continuations, of which the right answer is the likeliest unless the script's accuracy says
// otherwise. Pure: the same for the same script and request.
#pragma once

#include "runners/fake/fake_script.h"

namespace moebench {

// Tokens are four bytes. Throws Error for a window that is too short or not there.
TextScore MakeUpTextScore(const FakeScript& script, const TextScoreRequest& request);

// Tokens are bytes. k: as executed
ChoiceScore MakeUpChoiceScore(const FakeScript& script, const ChoiceScoreRequest& request, int k);

}  // namespace moebench
