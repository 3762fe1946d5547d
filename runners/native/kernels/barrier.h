// A barrier of spinning threads that knows where they sit.
//   Barrier barrier(seats);             // one seat for each thread
//   barrier.Touch(thread);              // each thread, before any of them waits
//   barrier.Wait(thread);               // returns when all have called it
// Few threads meet as equals. More meet in three steps and go back the same way: those of a cache
// cluster over lines that stay in its cache, then one of each cluster of a node, then one of each
// node; so that of 384 threads 8 talk across the machine, not all of them nine times over.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "runners/native/kernels/arena.h"

namespace moebench {

// Where a thread runs. Threads of one cluster share their last cache; -1: nobody knows.
struct ThreadSeat {
  int node = 0;
  int cluster = -1;
};

class Barrier {
 public:
  static constexpr int kFlatThreads = 8;  // so many meet as equals, wherever they sit

  // flat_threads: another limit, for tests and benchmarks.
  explicit Barrier(std::span<const ThreadSeat> seats, int flat_threads = kFlatThreads);

  // Makes the lines that this thread spins on, by the thread itself: they lie on its node.
  void Touch(int thread);
  // What threads wrote before it is visible to all after it. Returns the ticks (ticks.h) that the
  // thread spun: 0 for the one that comes last.
  int64_t Wait(int thread);

  int n_equals() const { return static_cast<int>(equals_.size()); }  // that meet without a leader

 private:
  // Two lines each: cpus fetch them in pairs.
  struct alignas(128) Line {
    std::atomic<uint32_t> epoch{0};
  };
  struct Group {                      // a leader and those that wait for it
    std::vector<std::size_t> others;  // threads without the leader
    std::vector<Line*> arrived;       // [others] written by them, read by the leader
    Line* let_go = nullptr;           // written by the leader, read by the others
  };
  struct alignas(128) Place {  // of one thread, and touched by it alone once all are made
    uint32_t epoch = 0;
    std::vector<Group*> leads;       // from the smallest on
    const Group* joins = nullptr;    // waits for its leader; nullptr: is an equal
    Line* arrived = nullptr;         // in the group that it joins
    std::vector<Line*> told, tells;  // of an equal: by and to whom in each round
    std::span<Line> lines;           // those that it looks at, made by Touch
  };

  // Makes groups of threads with the same key and returns those that lead them.
  using Key = std::pair<int, int>;
  std::vector<std::size_t> Lead(const std::map<Key, std::vector<std::size_t>>& threads);
  void TakeLines(std::size_t thread);

  std::vector<Place> places_;  // [threads]
  std::vector<std::unique_ptr<Group>> groups_;
  std::vector<std::size_t> equals_;  // threads that meet without a leader
  std::vector<Arena> memory_;        // [threads] empty for those that lead nobody
};

}  // namespace moebench
