// A machine's /proc and /sys written into a folder: sockets, NUMA nodes, caches, cores, frequency
// control, sensors. What ReadMachineState and hwloc look at, no more.
//   FakeTree tree("epyc"); WriteFakeMachine(EpycNps4(), &tree);
//   Topology topology = ReadFakeTopology(tree);   // hwloc on the tree
#pragma once

#include <string>

#include "harness/machine/fake_tree.h"
#include "harness/machine/topology.h"

namespace moebench {

struct FakeMachine {
  std::string cpu_model, flags;
  int packages = 1, nodes_per_package = 1, l3_per_node = 1, cores_per_l3 = 2, smt = 1;
  int64_t l3_kib = 32768, node_kib = 64 << 20;
  bool frequency_control = true;  // false in a virtual machine
  bool sys = true;                // false in a container that hides /sys
};

// Two cores to an L3, not eight: a test must not write thousands of files.
FakeMachine EpycNps1();      // 2 sockets of 12 CCDs, SMT
FakeMachine EpycNps4();      // the same cores as 4 nodes a socket
FakeMachine EpycL3AsNuma();  // a node for each of 24 CCDs
FakeMachine IntelTwoSockets();
FakeMachine OneNodeVm();
FakeMachine ContainerWithoutSys();

void WriteFakeMachine(const FakeMachine& machine, FakeTree* tree);

// Sets HWLOC_FSROOT for the time of the call: not for threads.
Topology ReadFakeTopology(const FakeTree& tree);

}  // namespace moebench
