// The judge of a sweep in words. Pure.
#pragma once

#include <string>

#include "results/sweep_view.h"

namespace moebench {

// Who judged and whether it may be believed; that there was none, too.
std::string JudgeInWords(const JudgeOfSweep& judge);

}  // namespace moebench
