#include "runners/native/kernels/team.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <array>
#include <atomic>
#include <numeric>
#include <thread>

#include "harness/base/error.h"
#include "runners/native/kernels/ticks.h"
#include "runners/native/kernels/wait_meter.h"

namespace moebench {
namespace {

std::vector<int> AllowedCpus(std::size_t n) {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  std::vector<int> allowed;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) allowed.push_back(cpu);
  }
  std::vector<int> cpus;
  for (std::size_t i = 0; i < n; ++i) cpus.push_back(allowed[i % allowed.size()]);
  return cpus;
}

TEST(Team, RunsTheJobOnceOnEveryThread) {
  Team team(AllowedCpus(3));
  std::array<int, 3> calls{};
  for (int i = 0; i < 100; ++i) {
    team.Run([&](int thread) { ++calls[static_cast<std::size_t>(thread)]; });
  }
  EXPECT_EQ(calls, (std::array<int, 3>{100, 100, 100}));
}

TEST(Team, ABarrierSeparatesWhatIsBeforeFromWhatIsAfter) {
  constexpr int kThreads = 5, kRounds = 200;  // no power of two: the rounds of the barrier wrap
  Team team(AllowedCpus(kThreads));
  std::array<int, kThreads> written{};
  std::atomic<int> wrong{0};
  team.Run([&](int thread) {
    for (int round = 1; round <= kRounds; ++round) {
      written[static_cast<std::size_t>(thread)] = round;
      team.Barrier(thread);
      for (const int other : written) wrong += other != round;
      team.Barrier(thread);
    }
  });
  EXPECT_EQ(wrong, 0);
}

TEST(Team, PinsEachThreadAndReadsItBackFromTheKernel) {
  const std::vector<int> cpus = AllowedCpus(2);
  Team team(cpus);
  EXPECT_EQ(team.ReadCpus(), cpus);
}

TEST(Team, TheCallerMayRunAgainWhereItMightBefore) {
  cpu_set_t before, after;
  sched_getaffinity(0, sizeof before, &before);
  { Team team(AllowedCpus(1)); }
  sched_getaffinity(0, sizeof after, &after);
  EXPECT_TRUE(CPU_EQUAL(&before, &after));
}

TEST(Team, ACpuThatMayNotBeUsedIsAnError) {
  const std::vector<int> cpus{AllowedCpus(1)[0], 1023};
  EXPECT_THROW(Team{cpus}, Error);
}

TEST(Team, AnExceptionOfAJobIsThrownByRun) {
  Team team(AllowedCpus(2));
  EXPECT_THROW(team.Run([](int thread) {
    if (thread == 1) throw Error("broken", "here");
  }),
               Error);
  std::atomic<int> calls{0};
  team.Run([&](int) { ++calls; });
  EXPECT_EQ(calls, 2);
}

void Spin(int64_t ticks) {
  const int64_t end = Ticks() + ticks;
  while (Ticks() < end) {
  }
}

// Long beside the turns that a busy machine gives its processes: what a thread stands still counts
// up to its last look, and it looks only when it runs.
constexpr int64_t kStretchTicks = 100'000'000;

// The part of a stretch in which only thread 0 of two has something to do. Where others use the
// machine the threads may be kept from running, which is no wait: the largest of some tries.
template <typename Work>
WaitPart MostWaited(Team& team, Work work) {
  WaitPart most;
  WaitMeter meter(team);
  for (int attempt = 0; attempt < 100 && most.most <= 0.1; ++attempt) {
    team.Run([](int) {});
    meter.Start();
    work();
    const WaitPart part = meter.Part();
    if (part.most > most.most) most = part;
  }
  return most;
}

TEST(WaitMeter, WhoWaitsForTheSlowestHasWaited) {
  Team team(AllowedCpus(2));
  const WaitPart part = MostWaited(team, [&] {
    std::atomic<bool> started = false;
    team.Run([&](int thread) {
      if (thread == 1) {
        started = true;
        return;
      }
      const int64_t begin = Ticks();
      while (!started) std::this_thread::yield();
      Spin(kStretchTicks + 3 * (Ticks() - begin));
    });
  });
  EXPECT_GT(part.most, 0.1);  // thread 1; nearly 1 where nobody else runs
  EXPECT_GT(part.mean, 0.04);
  EXPECT_LE(part.mean, part.most);
  EXPECT_LE(part.most, 1.0);
}

TEST(WaitMeter, WhileThreadZeroWorksBetweenJobsTheOthersWait) {
  Team team(AllowedCpus(2));
  const WaitPart part = MostWaited(team, [&] {
    Spin(kStretchTicks);
    team.Run([](int) {});
  });
  EXPECT_GT(part.most, 0.1);
}

TEST(WaitMeter, ATeamOfOneNeverWaits) {
  Team team(AllowedCpus(1));
  WaitMeter meter(team);
  team.Run([](int) { Spin(1'000'000); });
  EXPECT_EQ(meter.Part().most, 0);
}

TEST(PartOf, CoversAllItemsOnceInWholeGranules) {
  for (int n = 0; n < 100; ++n) {
    for (int threads = 1; threads < 6; ++threads) {
      int next = 0;
      for (int thread = 0; thread < threads; ++thread) {
        const Range part = PartOf(n, 16, thread, threads);
        EXPECT_EQ(part.begin, next);
        EXPECT_TRUE(part.end % 16 == 0 || part.end == n);
        next = part.end;
      }
      EXPECT_EQ(next, n);
    }
  }
}

}  // namespace
}  // namespace moebench
