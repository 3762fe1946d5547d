// How a sweep is named on the command line: a number, `latest`, or a database file with `:number`.
#pragma once

#include <cstdint>
#include <string>

#include "results/store.h"

namespace moebench {

struct SweepReference {
  std::string database;
  int64_t id = 0;
};

// "7", "latest", "nights.sqlite", "nights.sqlite:7". database: of a reference that names none.
// Throws Error (kUsage) if there is no such sweep.
SweepReference FindSweep(const std::string& reference, const std::string& database);

}  // namespace moebench
