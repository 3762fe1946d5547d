// May an interrupted sweep go on under the circumstances of now?
//   if (const auto why = RefusalToResume(then, now, Mixing::kRefused)) throw ...
// Pure.
#pragma once

#include <optional>
#include <string>

#include "results/records.h"

namespace moebench {

// What --allow-mixed decides: another machine state or another moebench. What is measured from then
// on is kept under a mark and stands for no speed. Other models, items or settings are other cells,
// whatever was allowed.
enum class Mixing { kRefused, kAllowed };

// Of a sweep's configuration: for each placement that names a file what that held.
inline constexpr const char* kPlacementContentKey = "placement_content";

struct ResumeRefusal {
  std::string why, way_out;
};

// Nothing if it may.
std::optional<ResumeRefusal> RefusalToResume(const SweepRecord& then, const SweepRecord& now,
                                             Mixing mixing);

// "resumed on machine 0123... by moebench 0.2" if anything of it is not as it was; else empty.
std::string OtherCircumstances(const SweepRecord& then, const SweepRecord& now);

}  // namespace moebench
