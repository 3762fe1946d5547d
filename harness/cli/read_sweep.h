// Opens a database for reading: the rows of one of its sweeps, or the view computed from them.
#pragma once

#include <string>

#include "results/store.h"
#include "results/sweep_view.h"

namespace moebench {

// database: "" = the default one; sweep: "latest" or a number. Throws Error.
SweepRows ReadSweepRows(const std::string& database, const std::string& sweep);
SweepView ReadSweepView(const std::string& database, const std::string& sweep);

}  // namespace moebench
