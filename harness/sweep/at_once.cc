#include "harness/sweep/at_once.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <latch>
#include <system_error>
#include <thread>
#include <vector>

#include "harness/base/error.h"
#include "runners/worker/worker_failure.h"

namespace moebench {
namespace {

int RankOf(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const WorkerFailure& failure) {
    return failure.kind() == FailureKind::kInterrupted ? 2 : 1;
  } catch (const std::exception&) {
    return 0;
  }
}

}  // namespace

void RunAtOnce(size_t n, const std::function<void(size_t)>& work) {
  std::vector<std::exception_ptr> thrown(n);
  std::latch gate(static_cast<std::ptrdiff_t>(n));
  bool all_here = true;  // written before the gate opens
  const auto run = [&](size_t i) {
    gate.arrive_and_wait();
    if (!all_here) return;
    try {
      work(i);
    } catch (const std::exception&) {  // carried to the caller, which throws it again
      thrown[i] = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> threads;
    threads.reserve(n);
    try {
      while (threads.size() + 1 < n) threads.emplace_back(run, threads.size() + 1);
    } catch (const std::system_error& error) {
      all_here = false;
      gate.count_down(static_cast<std::ptrdiff_t>(n - threads.size()));
      throw Error{fmt::format("could start {} of {} threads: {}", threads.size() + 1, n,
                              error.code().message()),
                  "instances", "raise the limit of processes (ulimit -u), or fewer instances",
                  ExitCode::kIo};
    }
    if (n > 0) run(0);
  }
  std::erase(thrown, nullptr);
  const auto worst =
      std::max_element(thrown.begin(), thrown.end(),
                       [](const auto& a, const auto& b) { return RankOf(a) < RankOf(b); });
  if (worst != thrown.end()) std::rethrow_exception(*worst);
}

double OverlapOf(std::span<const InstanceTime> times) {
  if (times.size() < 2) return 1;
  double all_from = times[0].start_s, all_until = times[0].busy_until_s;
  for (const InstanceTime& t : times) {
    all_from = std::max(all_from, t.start_s);
    all_until = std::min(all_until, t.busy_until_s);
  }
  double least = 1;
  for (const InstanceTime& t : times) {
    const double own = t.end_s - t.start_s;
    if (own <= 0) continue;
    const double shared = std::min(t.end_s, all_until) - std::max(t.start_s, all_from);
    least = std::min(least, std::max(0.0, shared) / own);
  }
  return least;
}

}  // namespace moebench
