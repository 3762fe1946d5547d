#include "harness/machine/package_energy.h"

#include <algorithm>
#include <optional>

namespace moebench {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMostWatts = 600;  // of a package: the largest are specified with 500 W
constexpr int64_t kMostRangeUj = int64_t{1} << 60;

// Zones "intel-rapl:0", "intel-rapl:1"; their parts ("intel-rapl:0:0") are contained in them.
bool IsPackage(const fs::path& zone) {
  const std::string name = zone.filename().string();
  return name.starts_with("intel-rapl:") && std::count(name.begin(), name.end(), ':') == 1 &&
         ReadSmallFile(zone / "name").value_or("").starts_with("package");
}

std::optional<int64_t> NumberIn(const fs::path& file) {
  const std::optional<std::string> text = ReadSmallFile(file);
  return text ? ParseInt(*text) : std::nullopt;
}

Reading OnePackage(const PackageCounter& before, const PackageCounter& after, int64_t elapsed_ns) {
  const int64_t most_uj = elapsed_ns / 1000 * kMostWatts;
  int64_t uj = after.uj - before.uj;
  if (uj < 0) {
    uj += after.range_uj;
    if (uj < 0 || uj > most_uj) return Unknown("the counter began anew");
  }
  // All the time at its limit it must not reach what one wrap more would mean.
  if (uj + after.range_uj <= most_uj) {
    return Unknown("in so long a time the counter may have wrapped more than once");
  }
  return Known(uj);
}

}  // namespace

PackageEnergy ReadPackageEnergy(const fs::path& root, int64_t now_ns) {
  PackageEnergy energy{.at_ns = now_ns,
                       .unavailable = "no powercap zone (a VM, or no RAPL driver)"};
  const auto none = [&](const std::string& why) {
    return PackageEnergy{.at_ns = now_ns, .unavailable = why};
  };
  std::error_code error;
  for (fs::directory_iterator it(root / "sys/class/powercap", error), end; !error && it != end;
       it.increment(error)) {
    const fs::path& zone = it->path();
    if (!IsPackage(zone)) continue;
    const std::optional<int64_t> uj = NumberIn(zone / "energy_uj");
    if (!uj) return none(WhyUnreadable(zone / "energy_uj"));
    const std::optional<int64_t> range = NumberIn(zone / "max_energy_range_uj");
    if (!range) return none(WhyUnreadable(zone / "max_energy_range_uj"));
    if (*uj < 0 || *range <= 0 || *range > kMostRangeUj || *uj > *range) {
      return none(zone.filename().string() + " counts beyond its own range");
    }
    energy.packages.push_back({zone.filename().string(), *uj, *range});
    energy.unavailable.clear();
  }
  std::sort(energy.packages.begin(), energy.packages.end(),
            [](const auto& a, const auto& b) { return a.zone < b.zone; });
  return energy;
}

Reading EnergyBetween(const PackageEnergy& before, const PackageEnergy& after) {
  for (const PackageEnergy* side : {&after, &before}) {
    if (side->packages.empty()) return Unknown(side->unavailable);
  }
  if (before.packages.size() != after.packages.size()) return Unknown("a package came or went");
  int64_t sum_uj = 0;
  for (size_t i = 0; i < after.packages.size(); ++i) {
    if (before.packages[i].zone != after.packages[i].zone) return Unknown("a package came or went");
    Reading one = OnePackage(before.packages[i], after.packages[i], after.at_ns - before.at_ns);
    if (!one.value) return one;
    if (__builtin_add_overflow(sum_uj, *one.value, &sum_uj)) {
      return Unknown("the sum of the packages is beyond 64 bits");
    }
  }
  return Known(sum_uj);
}

}  // namespace moebench
