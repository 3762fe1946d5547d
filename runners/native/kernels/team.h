// Our own thread team: n threads, each pinned to one cpu, that meet at spinning barriers.
//   Team team(plan.thread_cpus);              // the caller is thread 0 and is pinned, too
//   team.Run([&](int thread) { ...; team.Barrier(thread); ... });
// The barrier (barrier.h) costs about 0.1 us between two cores, a fork and join of OpenMP 0.8 us, a
// futex 38 us (facts: barrier_bench.cc). Idle threads spin for about a millisecond, then sleep.
// A Team belongs to the thread that made it: only that thread may call Run and destroy it.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <span>
#include <thread>
#include <type_traits>
#include <vector>

#include "runners/native/kernels/barrier.h"

namespace moebench {

class Team {
 public:
  // cpus: OS cpu number of each thread; at least one. seats: where each of them sits, for the
  // barrier; none: nobody knows. Throws Error if a cpu may not be used.
  explicit Team(std::span<const int> cpus, std::span<const ThreadSeat> seats = {});
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
  void Barrier(int thread) { Waited(thread, barrier_.Wait(thread)); }

  // Ticks (ticks.h) that this thread has stood still in jobs so far: at barriers, also the one at
  // the end of a job, and, if it isn't thread 0, from one job to the next. Any thread may ask.
  int64_t WaitedTicks(int thread) const {
    return members_[static_cast<std::size_t>(thread)].waited.load(std::memory_order_relaxed);
  }

  // The one cpu each thread may run on, read back from the kernel; -1 if more than one.
  std::vector<int> ReadCpus();

 private:
  using ErasedJob = void (*)(void* job, int thread);
  struct alignas(128) Member {  // written by its own thread only
    std::atomic<int64_t> waited{0};
    std::exception_ptr failure;
  };

  void Waited(int thread, int64_t ticks) {
    if (ticks == 0) return;
    std::atomic<int64_t>& sum = members_[static_cast<std::size_t>(thread)].waited;
    sum.store(sum.load(std::memory_order_relaxed) + ticks, std::memory_order_relaxed);
  }
  void Settle(int thread, int cpu);
  void ThrowFailure();  // the first thread's, if any
  void RunErased(ErasedJob call, void* job);
  void RunOne(int thread);
  void WorkerLoop(int thread, int cpu);
  void Stop();

  int size_;
  moebench::Barrier barrier_;
  std::vector<Member> members_;
  std::atomic<int> settled_{0};                    // threads that are on their cpu, or have failed
  alignas(128) std::atomic<uint32_t> started_{0};  // counts the calls of Run
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
