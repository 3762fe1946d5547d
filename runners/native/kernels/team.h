// Our own thread team: n threads, each pinned to one cpu, that meet at spinning barriers.
//   Team team(plan.thread_cpus);              // the caller is thread 0 and is pinned, too
//   team.Run([&](int thread) { ...; team.Barrier(thread); ... });
// The barrier costs about 0.1 us between two cores, a fork and join of OpenMP 0.8 us, a futex 38 us
// (facts: barrier_bench.cc). Idle threads spin for about a millisecond, then sleep.
// A Team belongs to the thread that made it: only that thread may call Run and destroy it.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <thread>
#include <type_traits>
#include <vector>

namespace moebench {

class Team {
 public:
  // cpus: OS cpu number of each thread; at least one. Throws Error if a cpu may not be used.
  explicit Team(std::span<const int> cpus);
  ~Team();  // ends the threads; the caller may run again where it might before
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int size() const { return size_; }

  // Calls job(thread) once on every thread and returns when all are done. An exception of a job is
  // thrown again here (the first thread's of those that threw); a job that meets others at a
  // barrier must not throw. Holds no allocation; a system call only if a thread was asleep.
  template <typename Job>
  void Run(Job&& job) {
    using Plain = std::remove_reference_t<Job>;
    RunErased([](void* erased, int thread) { (*static_cast<Plain*>(erased))(thread); },
              const_cast<void*>(static_cast<const void*>(&job)));
  }

  // Returns when every thread of the team has called it; what they wrote before is then visible.
  void Barrier(int thread);

  // The one cpu each thread may run on, read back from the kernel; -1 if more than one.
  std::vector<int> ReadCpus();

 private:
  using ErasedJob = void (*)(void* job, int thread);
  struct alignas(64) Flag {
    std::atomic<uint32_t> epoch{0};
  };
  struct alignas(64) Member {
    uint32_t barrier_epoch = 0;  // touched by its own thread only
    std::exception_ptr failure;
  };

  std::atomic<uint32_t>& FlagOf(int thread, int round) {
    return flags_[static_cast<std::size_t>(thread) * static_cast<std::size_t>(rounds_) +
                  static_cast<std::size_t>(round)]
        .epoch;
  }
  void RunErased(ErasedJob call, void* job);
  void RunOne(int thread);
  void WorkerLoop(int thread);
  void Stop();

  int size_;
  int rounds_ = 0;                 // of the barrier: ceil(log2(size))
  std::unique_ptr<Flag[]> flags_;  // [size, rounds]
  std::vector<Member> members_;
  alignas(64) std::atomic<uint32_t> started_{0};  // counts the calls of Run
  ErasedJob call_ = nullptr;
  void* job_ = nullptr;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
  std::vector<unsigned char> callers_cpus_;  // cpu_set_t of the caller before it was pinned
};

// The part [begin, end) of n items, in whole granules, that one of n_threads gets. The first
// threads get one granule more where it doesn't divide.
struct Range {
  int begin = 0, end = 0;
  int size() const { return end - begin; }
};
Range PartOf(int n_items, int granule, int thread, int n_threads);

}  // namespace moebench
