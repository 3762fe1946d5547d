// Tells the kernel where pages and threads go, and asks it where they went.
//   std::string refused = BindMemory(p, bytes, plan);  // before the first touch
//   ... each thread: PinThisThread(cpu); fill its rows ...
//   PageCounts counts = ReadPages(ranges);
// Every call acts on the calling process or thread only. Thread-safe. BindMemory, PinThisThread and
// ReadPages make system calls: never in a measured region.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/machine/placement.h"

namespace moebench {

// Asks for the pages of [p, p + bytes) on plan.memory_nodes: in turn (MPOL_INTERLEAVE) if the
// policy is interleave, or row- or expert-shard on several nodes; by plan.node_weights if it is
// weighted-interleave; MPOL_BIND if it is local or there is one node; nothing for none. Pages
// touched before stay where they are. Only pages that lie wholly inside get the policy: neighbours
// on a shared edge page are not ours; map big buffers. Returns empty, or why this kernel or
// container lets nobody set a policy (no NUMA support, seccomp): then pages fall where they are
// first touched, and the proof says where that was. Throws Error{where = kPlacementRefused} where
// the kernel knows policies and refuses this one (a node that is not there or not in our cpuset, no
// memory).
std::string BindMemory(void* p, size_t bytes, const PlacementPlan& plan);

// What BindMemory would return to this process, tried on a page of its own; also empty or a reason.
std::string WhyNoMemoryPolicy();

struct PageRange {
  const void* begin = nullptr;
  size_t bytes = 0;
};

struct PageCounts {
  std::map<int, int64_t> per_node;  // NUMA node -> resident pages of the machine's base page size
  int64_t absent = 0;               // not touched yet, swapped out, or the shared zero page
  int64_t sampled_every = 1;        // n > 1: one page out of every n was asked, counts are times n
  std::string source;               // move_pages | numa_maps
  std::string unavailable;          // why the kernel gave no answer; empty if it did
};

// Where the pages of the ranges are now. Asks move_pages(2) in query mode, at most about a million
// pages in all: of larger ranges a random page of every n (fixed seed; a fixed stride would see one
// node only of an interleaved range). Where move_pages is refused, /proc/self/numa_maps, which
// knows whole mappings only. Pages that two ranges share are counted twice.
PageCounts ReadPages(std::span<const PageRange> ranges);

// The fallback of ReadPages on given texts of /proc/<pid>/maps and numa_maps: counts every mapping
// that meets a range, in pages of page_bytes.
PageCounts CountNumaMaps(std::string_view maps, std::string_view numa_maps,
                         std::span<const PageRange> ranges, size_t page_bytes);

// The counts and the threads as the proof that is stored with a session.
PlacementProof ProofOf(const PageCounts& counts, std::vector<int> thread_cpus);

// From now on the calling thread runs on this OS cpu only. Throws Error if the kernel refuses: no
// such cpu, offline, or outside the cpuset of this process.
void PinThisThread(int cpu);

// OS cpus the calling thread may run on, rising. Throws Error if the kernel does not say.
std::vector<int> ThisThreadCpus();

// The one cpu the calling thread may run on; -1 if there are more. For PlacementProof.
int ThisThreadPinnedCpu();

}  // namespace moebench
