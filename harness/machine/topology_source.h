// What hwloc makes of a source of topologies: this machine, a file, a description.
//   const LoadedTopology loaded = LoadTopology(XmlFile("box.xml"));
//   hwloc_get_nbobjs_by_type(loaded.hwloc.get(), HWLOC_OBJ_PU)
// For topology.cc alone, which turns it into plain data.
#pragma once

#include <hwloc.h>

#include <memory>
#include <string>

#include "harness/machine/topology.h"

namespace moebench {

struct DestroyTopology {
  void operator()(hwloc_topology* topology) const { hwloc_topology_destroy(topology); }
};

struct LoadedTopology {
  std::unique_ptr<hwloc_topology, DestroyTopology> hwloc;
  std::string source;  // Topology::source
};

// Throws Error if the source can't be read.
LoadedTopology LoadTopology(const TopologySource& source);

// Of the interface of the library, "2.8"; hwloc 2.9 still speaks that and tells nothing finer.
std::string HwlocVersion();

}  // namespace moebench
