// What stands against a placement's memory policy, for the sentence that says that it was not
// obeyed.
//   if (!mismatch.empty()) mismatch += Because(Hindrance("/", plan));
#pragma once

#include <filesystem>
#include <string>

#include "harness/machine/placement.h"

namespace moebench {

// Why pages of this plan may have gone elsewhere, as the machine is now: nobody may set policies
// here, a node outside the cpuset, or a node with next to nothing free, and whether files fill it
// (the kernel rather takes another node's page than drops a file's). Empty if none of it is so.
// root: the folder that holds proc/ and sys/. Reads a few small files.
std::string Hindrance(const std::filesystem::path& root, const PlacementPlan& plan);

// " (node 3 is full...)", or nothing.
std::string Because(const std::string& hindrance);

}  // namespace moebench
