#include "runners/native/kernels/team.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "harness/base/error.h"
#include "runners/native/kernels/ticks.h"

namespace moebench {
namespace {

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

Team::Team(std::span<const int> cpus, std::span<const ThreadSeat> seats)
    : size_(static_cast<int>(cpus.size())),
      barrier_(seats.empty() ? std::vector<ThreadSeat>(cpus.size())
                             : std::vector<ThreadSeat>(seats.begin(), seats.end())),
      members_(cpus.size()) {
  CHECK(size_ >= 1 && (seats.empty() || seats.size() == cpus.size()));
  cpu_set_t before;
  CPU_ZERO(&before);
  sched_getaffinity(0, sizeof before, &before);
  callers_cpus_.resize(sizeof before);
  std::memcpy(callers_cpus_.data(), &before, sizeof before);
  for (int thread = 1; thread < size_; ++thread) {
    const int cpu = cpus[static_cast<std::size_t>(thread)];
    threads_.emplace_back([this, thread, cpu] { WorkerLoop(thread, cpu); });
  }
  Settle(0, cpus[0]);
  for (int settled = settled_.load(); settled < size_; settled = settled_.load()) {
    settled_.wait(settled);
  }
  try {
    ThrowFailure();
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

// Before any of them waits for another: pins the thread and lets it touch first what it will spin
// on.
void Team::Settle(int thread, int cpu) {
  try {
    Pin(cpu);
    barrier_.Touch(thread);
  } catch (...) {  // carried to the constructor, which throws it again
    members_[static_cast<std::size_t>(thread)].failure = std::current_exception();
  }
  settled_.fetch_add(1);
  settled_.notify_all();
}

void Team::WorkerLoop(int thread, int cpu) {
  Settle(thread, cpu);
  uint32_t seen = 0;
  while (true) {
    const int64_t idle = Ticks();
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
    Waited(thread, Ticks() - idle);
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
  ThrowFailure();
}

void Team::ThrowFailure() {
  for (Member& member : members_) {
    if (member.failure) {
      const std::exception_ptr failure = member.failure;
      for (Member& each : members_) each.failure = nullptr;
      std::rethrow_exception(failure);
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
