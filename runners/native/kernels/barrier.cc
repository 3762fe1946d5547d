#include "runners/native/kernels/barrier.h"

#include <sched.h>

#include <algorithm>
#include <new>
#include <numeric>

#include "runners/native/kernels/ticks.h"

namespace moebench {
namespace {

// Long enough for the longest matrix product that one thread may have more than another; then the
// cpu is offered to whoever keeps the late thread from running.
constexpr int kSpins = 4000;
// A leader looks at so many lines at most; larger groups are cut.
constexpr std::size_t kMostInGroup = 16;

void Relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// Ticks until the line is at this epoch or beyond: a partner may be one ahead, never two, so the
// difference is right across the wrap.
int64_t Until(const std::atomic<uint32_t>& line, uint32_t epoch) {
  const auto early = [&] {
    return static_cast<int32_t>(line.load(std::memory_order_acquire) - epoch) < 0;
  };
  if (!early()) return 0;
  const int64_t begin = Ticks();
  int64_t now = begin;
  int spins = 0;
  do {
    if (++spins < kSpins) {
      Relax();
    } else {
      sched_yield();
    }
    now = Ticks();  // before the look, so that nobody is kept from going on by it
  } while (early());
  return now - begin;
}

}  // namespace

Barrier::Barrier(std::span<const ThreadSeat> seats, int flat_threads) : places_(seats.size()) {
  equals_.resize(seats.size());
  std::iota(equals_.begin(), equals_.end(), std::size_t{0});
  if (std::ssize(seats) > flat_threads) {
    std::map<Key, std::vector<std::size_t>> clusters, nodes;
    for (const std::size_t thread : equals_) {
      clusters[{seats[thread].node, seats[thread].cluster}].push_back(thread);
    }
    for (const std::size_t thread : Lead(clusters)) {
      nodes[{seats[thread].node, 0}].push_back(thread);
    }
    equals_ = Lead(nodes);
  }
  memory_.resize(seats.size());
  for (std::size_t thread = 0; thread < seats.size(); ++thread) TakeLines(thread);
  // Dissemination (Hensgen, Finkel, Manber 1988): in round r every equal tells the one 2^r further
  // on and waits to be told; with two that is one line each.
  for (std::size_t i = 0; i < equals_.size(); ++i) {
    Place& place = places_[equals_[i]];
    for (std::size_t round = 0; round < place.told.size(); ++round) {
      const std::size_t partner = (i + (std::size_t{1} << round)) % equals_.size();
      place.tells.push_back(places_[equals_[partner]].told[round]);
    }
  }
}

std::vector<std::size_t> Barrier::Lead(const std::map<Key, std::vector<std::size_t>>& threads) {
  std::vector<std::size_t> leaders;
  for (const auto& [key, all] : threads) {
    for (std::size_t first = 0; first < all.size(); first += kMostInGroup) {
      const std::size_t end = std::min(all.size(), first + kMostInGroup);
      leaders.push_back(all[first]);
      if (end - first == 1) continue;
      groups_.push_back(std::make_unique<Group>());
      Group* group = groups_.back().get();
      places_[all[first]].leads.push_back(group);
      for (std::size_t i = first + 1; i < end; ++i) {
        group->others.push_back(all[i]);
        places_[all[i]].joins = group;
      }
    }
  }
  std::sort(leaders.begin(), leaders.end());
  return leaders;
}

// What a thread looks at lies in memory of its own, which it touches first.
void Barrier::TakeLines(std::size_t thread) {
  Place& place = places_[thread];
  std::size_t n = 0;
  for (const Group* group : place.leads) n += group->others.size() + 1;
  if (place.joins == nullptr) {
    while ((std::size_t{1} << place.told.size()) < equals_.size()) place.told.push_back(nullptr);
    n += place.told.size();
  }
  memory_[thread] = Arena(n * sizeof(Line), {});
  place.lines = memory_[thread].TakeArray<Line>(n);
  Line* next = place.lines.data();
  for (Line*& line : place.told) line = next++;
  for (Group* group : place.leads) {
    group->let_go = next++;
    for (const std::size_t other : group->others) {
      group->arrived.push_back(next);
      places_[other].arrived = next++;
    }
  }
}

void Barrier::Touch(int thread) {
  for (Line& line : places_[static_cast<std::size_t>(thread)].lines) new (&line) Line;
}

int64_t Barrier::Wait(int thread) {
  Place& place = places_[static_cast<std::size_t>(thread)];
  const uint32_t epoch = ++place.epoch;
  int64_t waited = 0;
  for (const Group* group : place.leads) {
    for (const Line* line : group->arrived) waited += Until(line->epoch, epoch);
  }
  if (place.joins != nullptr) {
    place.arrived->epoch.store(epoch, std::memory_order_release);
    waited += Until(place.joins->let_go->epoch, epoch);
  }
  for (std::size_t round = 0; round < place.told.size(); ++round) {
    place.tells[round]->epoch.store(epoch, std::memory_order_release);
    waited += Until(place.told[round]->epoch, epoch);
  }
  for (auto group = place.leads.rbegin(); group != place.leads.rend(); ++group) {
    (*group)->let_go->epoch.store(epoch, std::memory_order_release);
  }
  return waited;
}

}  // namespace moebench
