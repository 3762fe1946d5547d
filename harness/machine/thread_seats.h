// The cpus that threads may take, node by node, and how many of them are taken where.
//   SeatsByNode seats = SeatsOf(topology, ThreadLayout::kPerCore, 0);
//   std::vector<int> cpus = SpreadOver(seats, 16);
// Pure.
#pragma once

#include <map>
#include <vector>

#include "harness/machine/placement_name.h"
#include "harness/machine/topology.h"

namespace moebench {

struct Seat {
  int cpu;  // OS number
  int l3;   // index of its L3 group; -1 if it has none
};
using SeatsByNode = std::map<int, std::vector<Seat>>;  // os_id of the node -> seats in core order

// One seat for each core that this process may use (its first allowed cpu), for each allowed cpu,
// for the first allowed core of each L3 group (of each node where none is known), or at most
// per_node of a node, evenly from its L3 groups. No node without seats.
SeatsByNode SeatsOf(const Topology& topology, ThreadLayout layout, int per_node);

int CountSeats(const SeatsByNode& seats);

// `wanted` seats of one node, taken evenly from its L3 groups, in core order.
std::vector<Seat> TakeSeats(const std::vector<Seat>& seats, int wanted);

// The cpus of `wanted` seats, spread evenly over the nodes, node by node; at most all.
std::vector<int> SpreadOver(const SeatsByNode& seats, int wanted);

}  // namespace moebench
