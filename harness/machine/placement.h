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
  std::string policy;             // as asked for: row-shard, interleave:0-3/l3 (placement_name.h)
  std::vector<int> thread_cpus;   // OS cpu number of each thread; size = thread count
  std::vector<int> memory_nodes;  // OS NUMA node numbers that may hold the model's pages
  std::vector<int> thread_nodes;  // row-, expert-shard: the node of each thread's rows; else empty
  std::vector<int> node_weights;  // weighted-interleave: shares beside memory_nodes; else empty
  // Where each thread's cpu is, for barriers; empty: nobody knows. Node and L3 cache; -1: none
  // known.
  std::vector<int> seat_nodes, seat_caches;
};

// Pages of one kind of memory, counted where they are.
struct MemoryPart {
  std::string what;  // weights | experts | shared weights | kv cache | activations | ...
  int node = -1;     // row-, expert-shard: the one it was to be on; -1: any that the policy allows
  std::map<int, int64_t> pages_per_node;
  int64_t pages_absent = 0;
};

// Read back from the kernel after load (move_pages) and sched_getaffinity of each thread.
struct PlacementProof {
  std::map<int, int64_t> pages_per_node;  // NUMA node -> resident pages of weights and KV cache
  int64_t pages_absent = 0;               // not resident, or no answer
  std::vector<int> thread_cpus;           // the one cpu each thread may run on; -1 if more than one
  std::string unavailable;                // why the kernel gave no answer; empty if it did
  std::vector<MemoryPart> parts;          // the same told apart, and the activations
  int64_t huge_page_bytes = -1;           // of the process, in huge pages; -1: nobody says
};

// `where` of an Error that says that a placement can't be had here: the kernel, a cpuset or a full
// node stands against it.
inline constexpr const char* kPlacementRefused = "placement";

// Empty if what was got is what was asked for, else one sentence that says what differs.
// All policies: every thread on its cpu; all but none: at most 5 % of the pages on nodes that were
// not asked for. interleave and weighted-interleave also: every asked node within its share +- 5 %
// of the pages, and with many nodes within half of its share: 5 % of all would let an empty node
// pass. row-shard also: of the rows of each node's threads at least 95 % on that node; expert-shard
// the same, of its experts, too. Pages that are absent (a KV cache not yet filled) count for
// nothing. An unavailable proof on a machine with one node is obeyed (there is nowhere else), on
// more nodes it is not.
std::string PlacementMismatch(const PlacementPlan& asked, const PlacementProof& got,
                              int machine_node_count);

}  // namespace moebench
