#include "runners/native/kernels/team.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "harness/base/error.h"

namespace moebench {
namespace {

// Long enough for the longest matrix product that one thread may have more than another; then the
// cpu is offered to whoever keeps the late thread from running.
constexpr int kBarrierSpins = 4000;
constexpr int kIdleSpins = 40'000;  // about a millisecond; then sleep

void Relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

void Pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (cpu >= 0 && cpu < CPU_SETSIZE) CPU_SET(cpu, &set);
  if (pthread_setaffinity_np(pthread_self(), sizeof set, &set) != 0) {
    throw Error("cannot pin a thread to cpu " + std::to_string(cpu), "thread team",
                "choose among the cpus this process may use (taskset -p $$)", ExitCode::kConfig);
  }
}

int OnlyCpu() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0 || CPU_COUNT(&set) != 1) return -1;
  int cpu = 0;
  while (!CPU_ISSET(cpu, &set)) ++cpu;
  return cpu;
}

}  // namespace

Team::Team(std::span<const int> cpus) : size_(static_cast<int>(cpus.size())) {
  CHECK(size_ >= 1);
  while ((1 << rounds_) < size_) ++rounds_;
  flags_ = std::make_unique<Flag[]>(static_cast<std::size_t>(size_) *
                                    static_cast<std::size_t>(std::max(rounds_, 1)));
  members_.resize(cpus.size());
  cpu_set_t before;
  CPU_ZERO(&before);
  sched_getaffinity(0, sizeof before, &before);
  callers_cpus_.resize(sizeof before);
  std::memcpy(callers_cpus_.data(), &before, sizeof before);
  for (int thread = 1; thread < size_; ++thread) {
    threads_.emplace_back([this, thread] { WorkerLoop(thread); });
  }
  std::vector<int> wanted(cpus.begin(), cpus.end());
  try {
    Run([&](int thread) { Pin(wanted[static_cast<std::size_t>(thread)]); });
  } catch (const Error&) {
    Stop();
    throw;
  }
}

Team::~Team() { Stop(); }

void Team::Stop() {
  stopping_ = true;
  started_.fetch_add(1, std::memory_order_release);
  started_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  cpu_set_t before;
  std::memcpy(&before, callers_cpus_.data(), sizeof before);
  pthread_setaffinity_np(pthread_self(), sizeof before, &before);
}

void Team::WorkerLoop(int thread) {
  uint32_t seen = 0;
  while (true) {
    int spins = 0;
    while (started_.load(std::memory_order_acquire) == seen) {
      if (++spins < kIdleSpins) {
        Relax();
      } else {
        started_.wait(seen, std::memory_order_acquire);
      }
    }
    ++seen;
    if (stopping_) return;
    RunOne(thread);
  }
}

void Team::RunOne(int thread) {
  Member& member = members_[static_cast<std::size_t>(thread)];
  try {
    call_(job_, thread);
  } catch (...) {  // carried to Run, which throws it again
    member.failure = std::current_exception();
  }
  Barrier(thread);
}

void Team::RunErased(ErasedJob call, void* job) {
  call_ = call;
  job_ = job;
  started_.fetch_add(1, std::memory_order_release);
  started_.notify_all();
  RunOne(0);
  for (Member& member : members_) {
    if (member.failure) {
      const std::exception_ptr failure = member.failure;
      for (Member& each : members_) each.failure = nullptr;
      std::rethrow_exception(failure);
    }
  }
}

// Dissemination barrier (Hensgen, Finkel, Manber 1988): in round r every thread tells the one 2^r
// further on and waits to be told; with two threads that is one flag each.
void Team::Barrier(int thread) {
  const uint32_t epoch = ++members_[static_cast<std::size_t>(thread)].barrier_epoch;
  for (int round = 0; round < rounds_; ++round) {
    const int partner = (thread + (1 << round)) % size_;
    FlagOf(partner, round).store(epoch, std::memory_order_release);
    const std::atomic<uint32_t>& mine = FlagOf(thread, round);
    int spins = 0;
    // A partner may be one epoch ahead, never two: the difference is right across the wrap.
    while (static_cast<int32_t>(mine.load(std::memory_order_acquire) - epoch) < 0) {
      if (++spins < kBarrierSpins) {
        Relax();
      } else {
        sched_yield();
      }
    }
  }
}

std::vector<int> Team::ReadCpus() {
  std::vector<int> cpus(members_.size(), -1);
  Run([&](int thread) { cpus[static_cast<std::size_t>(thread)] = OnlyCpu(); });
  return cpus;
}

Range PartOf(int n_items, int granule, int thread, int n_threads) {
  const int granules = (n_items + granule - 1) / granule;
  const int each = granules / n_threads, more = granules % n_threads;
  const int first = thread * each + std::min(thread, more);
  const int count = each + (thread < more ? 1 : 0);
  return {std::min(first * granule, n_items), std::min((first + count) * granule, n_items)};
}

}  // namespace moebench
