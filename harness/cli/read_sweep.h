// Opens a database for reading and computes the view of one of its sweeps.
#pragma once

#include <string>

#include "results/sweep_view.h"

namespace moebench {

// database: "" = the default one; sweep: "latest" or a number. Throws Error.
SweepView ReadSweepView(const std::string& database, const std::string& sweep);

}  // namespace moebench
