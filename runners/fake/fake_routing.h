// A made-up routing trace: k different experts of each layer for each token, low numbers the more
// often the larger the script's skew. Pure: the same for the same script and request.
#pragma once

#include "runners/fake/fake_script.h"

namespace moebench {

// Tokens are four bytes. k: of each token, as executed. The script has a skew.
RoutingResult MakeUpRouting(const FakeScript& script, const RoutingRequest& request, int k);

}  // namespace moebench
