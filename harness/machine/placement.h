// Where threads and memory of one worker go, and what the kernel says of it afterwards.
//   PlacementPlan plan = PlanPlacement(topology, "interleave", 0);
// The plan is made in the parent, carried out by the worker, read back from the kernel and stored.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace moebench {

struct PlacementPlan {
  std::string policy;             // interleave | local
  std::vector<int> thread_cpus;   // OS cpu number of each thread; size = thread count
  std::vector<int> memory_nodes;  // OS NUMA node numbers that may hold the model's pages
};

// Read back from the kernel after load (move_pages) and sched_getaffinity of each thread.
struct PlacementProof {
  std::map<int, int64_t> pages_per_node;  // NUMA node -> resident pages of weights and KV cache
  int64_t pages_absent = 0;               // not resident, or no answer
  std::vector<int> thread_cpus;           // the one cpu each thread may run on; -1 if more than one
  std::string unavailable;                // why the kernel gave no answer; empty if it did
};

// Empty if what was got is what was asked for, else one sentence that says what differs.
// All policies: every thread on its cpu, at most 5 % of the pages on nodes that were not asked for.
// interleave also: every asked node within 1/n +- 5 % of the pages (n nodes), and with many nodes
// within half of its share: 5 % of all would let an empty node pass. Pages that are absent (a KV
// cache not yet filled) count for nothing. An unavailable proof on a machine with one node is
// obeyed (there is nowhere else), on more nodes it is not.
std::string PlacementMismatch(const PlacementPlan& asked, const PlacementProof& got,
                              int machine_node_count);

}  // namespace moebench
