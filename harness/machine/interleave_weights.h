// The kernel's own weights for weighted interleave (Linux 6.9 and later): root may set them, we
// only read.
#pragma once

#include <filesystem>
#include <vector>

namespace moebench {

// Weight of each of these nodes, 1..255, 0 of one without memory; empty where the kernel knows no
// weighted interleave. root: the folder that holds sys/.
std::vector<int> ReadInterleaveWeights(const std::filesystem::path& root,
                                       const std::vector<int>& nodes);

}  // namespace moebench
