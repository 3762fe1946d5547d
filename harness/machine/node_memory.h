// How much memory each NUMA node can still give, and what a placement would take of it.
//   std::string why = NodeShortage(plan, PredictNodeBytes(plan, rows, shared), ReadNodeFree("/",
//   nodes));
// Pure but for ReadNodeFree.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "harness/machine/placement.h"

namespace moebench {

// Bytes that each of these nodes could give without swapping: free pages, and those of the page
// cache, which the kernel drops for others, less what it keeps to itself (the lowest watermark: a
// strict policy that needs a page below it is answered by killing the process). Nodes that say
// nothing are left out. root: the folder that holds proc/ and sys/.
std::map<int, int64_t> ReadNodeFree(const std::filesystem::path& root,
                                    const std::vector<int>& nodes);

// Bytes on each node: rows_bytes split evenly over the threads (over their nodes where whole
// experts lie there), shared_bytes over the plan's nodes. Empty for the policy none, where the
// kernel chooses.
std::map<int, int64_t> PredictNodeBytes(const PlacementPlan& plan, int64_t rows_bytes,
                                        int64_t shared_bytes);

// Empty if all fits, else a sentence that names the node that lacks the most.
std::string NodeShortage(const std::map<int, int64_t>& predicted,
                         const std::map<int, int64_t>& free);

// Bytes of this process that lie in huge pages, from the text of /proc/self/smaps_rollup; -1 if it
// does not say.
int64_t HugePageBytes(const std::string& smaps_rollup);

}  // namespace moebench
