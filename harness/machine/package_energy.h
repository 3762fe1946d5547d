// Energy that the processor packages took between two moments (RAPL through powercap).
//   PackageEnergy before = ReadPackageEnergy("/", NowNs());
//   Reading uj = EnergyBetween(before, ReadPackageEnergy("/", NowNs()));
// A package's counter wraps: AMD's after 65 kJ, which a busy socket takes in 3 minutes. Each is
// followed by itself; where it may have wrapped more than once nothing is said.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/machine/proc_text.h"

namespace moebench {

struct PackageCounter {
  std::string zone;      // "intel-rapl:0", on AMD too
  int64_t uj = 0;        // microjoules
  int64_t range_uj = 0;  // it wraps there
};

struct PackageEnergy {
  std::vector<PackageCounter> packages;  // in the order of their names
  int64_t at_ns = 0;                     // monotonic clock
  std::string unavailable;               // why there are none
};

// root: the folder that holds sys/. Root's alone to read since Linux 5.10.
PackageEnergy ReadPackageEnergy(const std::filesystem::path& root, int64_t now_ns);

// Microjoules of all packages together.
Reading EnergyBetween(const PackageEnergy& before, const PackageEnergy& after);

}  // namespace moebench
