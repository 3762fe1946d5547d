// The machine as plain data: packages, NUMA nodes, caches, cores, distances, and what of it this
// process may use.
//   Topology topology = ReadTopology(ThisMachine());
// All numbers of cpus and nodes are those of the OS. Plain values, free to copy between threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace moebench {

struct Package {
  int os_id = -1;  // -1: the system gave none
  std::string cpu_model;
};

struct NumaNode {
  int os_id = 0;
  int package = -1;          // index into Topology::packages
  int64_t memory_bytes = 0;  // all of it, free or not; 0 if there is none or nobody says
  bool has_memory = true;    // false: pages never fall here (Threadripper's far dies)
  std::vector<int> cpus;     // of its cores, rising; empty for a cpu-less node (CXL, HBM)
};

struct CacheGroup {
  int64_t bytes = 0;
  std::vector<int> cpus;  // that share it, rising
};

// A core's first-level cache.
struct CoreCache {
  int64_t bytes = 0;  // 0: the core has none, or nobody says
  int cores = 1;      // that share it
  friend bool operator==(const CoreCache&, const CoreCache&) = default;
};

struct Core {
  std::vector<int> cpus;  // its PUs (SMT siblings), the first one first
  int node = -1;          // os_id of its NUMA node
  int package = -1;       // index into Topology::packages
  int l3 = -1;            // index into Topology::l3_groups; -1 if it has none or nobody says
  int l2 = -1;            // the same, into Topology::l2_groups
  CoreCache l1d, l1i;     // data (or one for both), instructions
};

struct Topology {
  std::string source;         // "this machine", or the file it was read from (and how)
  std::string hwloc_version;  // of the interface of the library that read it, "2.8"
  std::vector<Package> packages;
  std::vector<NumaNode> nodes;  // in rising os_id
  std::vector<CacheGroup> l3_groups, l2_groups;
  std::vector<Core> cores;                  // in hwloc's order: neighbours share the most
  std::vector<std::vector<int>> distances;  // [nodes][nodes] SLIT, 10 = local; empty if unknown
  std::vector<int> allowed_cpus;            // cpuset of the cgroup and affinity of the process
  std::vector<int> allowed_nodes;           // nodes whose memory the process may use
  std::vector<int> interleave_weights;      // beside nodes, the kernel's; empty if it has none

  const NumaNode* FindNode(int os_id) const;  // null if there is none
  // As the firmware says (SLIT), 10 = local; 0 if unknown.
  int Distance(int from_os_id, int to_os_id) const;
  int64_t MemoryBytes() const;  // of all nodes
  int64_t L3Bytes() const;      // of all groups
  int CpuCount() const;         // PUs of all cores
};

// A short text that is another one where anything is that figures measured here depend on: cpus,
// caches, nodes, distances, and what of them this process may use. Not memory sizes: a balloon
// changes them and no bandwidth.
std::string TopologyDigest(const Topology& topology);

struct TopologySource {
  enum class Kind { kThisMachine, kXmlFile, kSynthetic };
  Kind kind = Kind::kThisMachine;
  std::string text;  // path of the XML file, or hwloc's synthetic description
};
inline TopologySource ThisMachine() { return {}; }
// A file that `lstopo machine.xml` wrote, on any machine: for planning. Files of hwloc 3 are read
// by hwloc 2, too, where nothing is lost by it.
inline TopologySource XmlFile(const std::filesystem::path& path) {
  return {TopologySource::Kind::kXmlFile, path.string()};
}
// "pack:2 numa:4 l3:2 core:4 pu:2", see hwloc(7), SYNTHETIC.
inline TopologySource Synthetic(const std::string& description) {
  return {TopologySource::Kind::kSynthetic, description};
}

// Never empty: there is at least one node and one core. Throws Error if the source can't be read.
Topology ReadTopology(const TopologySource& source);

// The topology as a process with this cpuset sees it (tests, planning for a container).
Topology Restrict(Topology topology, std::vector<int> cpus, std::vector<int> nodes);

}  // namespace moebench
