#include "harness/machine/thread_seats.h"

#include <algorithm>
#include <set>

#include "harness/base/error.h"

namespace moebench {
namespace {

// One for each in turn until all are given out: equal shares, less where there is less room.
std::map<int, int> EvenShares(const std::map<int, int>& room, int wanted) {
  std::map<int, int> share;
  for (int given = 0; given < wanted;) {
    const int before = given;
    for (const auto& [key, places] : room) {
      if (given < wanted && share[key] < places) ++share[key], ++given;
    }
    CHECK(given > before);
  }
  return share;
}

std::vector<int> AllowedCpus(const Topology& topology, const Core& core) {
  std::vector<int> cpus;
  for (const int cpu : core.cpus) {
    const auto& allowed = topology.allowed_cpus;
    if (std::binary_search(allowed.begin(), allowed.end(), cpu)) cpus.push_back(cpu);
  }
  return cpus;
}

void KeepOnePerL3(std::vector<Seat>& seats) {
  std::set<int> seen;
  std::erase_if(seats, [&](const Seat& seat) { return !seen.insert(seat.l3).second; });
}

}  // namespace

SeatsByNode SeatsOf(const Topology& topology, ThreadLayout layout, int per_node) {
  SeatsByNode seats;
  for (const Core& core : topology.cores) {
    std::vector<int> cpus = AllowedCpus(topology, core);
    if (cpus.size() > 1 && layout != ThreadLayout::kPerCpu) cpus.resize(1);
    for (const int cpu : cpus) seats[core.node].push_back({cpu, core.l3});
  }
  for (auto& [node, list] : seats) {
    if (layout == ThreadLayout::kPerL3) KeepOnePerL3(list);
    if (layout == ThreadLayout::kPerNode) {
      list = TakeSeats(list, std::min(per_node, static_cast<int>(list.size())));
    }
  }
  return seats;
}

int CountSeats(const SeatsByNode& seats) {
  size_t count = 0;
  for (const auto& [node, list] : seats) count += list.size();
  return static_cast<int>(count);
}

std::vector<Seat> TakeSeats(const std::vector<Seat>& seats, int wanted) {
  std::map<int, int> room;
  for (const Seat& seat : seats) ++room[seat.l3];
  std::map<int, int> share = EvenShares(room, wanted);
  std::vector<Seat> taken;
  for (const Seat& seat : seats) {
    if (share[seat.l3]-- > 0) taken.push_back(seat);
  }
  return taken;
}

std::vector<int> SpreadOver(const SeatsByNode& seats, int wanted) {
  std::map<int, int> room;
  for (const auto& [node, list] : seats) room[node] = static_cast<int>(list.size());
  std::vector<int> cpus;
  for (const auto& [node, share] : EvenShares(room, wanted)) {
    for (const Seat& seat : TakeSeats(seats.at(node), share)) cpus.push_back(seat.cpu);
  }
  return cpus;
}

}  // namespace moebench
