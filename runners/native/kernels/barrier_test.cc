#include "runners/native/kernels/barrier.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace moebench {
namespace {

// n threads on nodes of so many, and of each node so many to a cluster.
std::vector<ThreadSeat> Seats(int n, int per_node, int per_cluster) {
  std::vector<ThreadSeat> seats;
  for (int i = 0; i < n; ++i) seats.push_back({i / per_node, i / per_cluster});
  return seats;
}

// Every thread writes its own number of the round, and after the barrier sees everybody's: no
// thread passes before the last has come, and none is left behind over generations.
void ExpectSeparates(const std::vector<ThreadSeat>& seats, int flat_threads, int rounds) {
  Barrier barrier(seats, flat_threads);
  std::vector<int> written(seats.size(), 0);  // plain on purpose: the barrier alone orders them
  std::atomic<int> wrong{0}, ready{0};
  const auto run = [&](int thread) {
    barrier.Touch(thread);
    ready.fetch_add(1);
    while (ready.load() < std::ssize(seats)) std::this_thread::yield();
    for (int round = 1; round <= rounds; ++round) {
      written[static_cast<std::size_t>(thread)] = round;
      barrier.Wait(thread);
      for (const int other : written) wrong += other != round;
      barrier.Wait(thread);
    }
  };
  std::vector<std::thread> threads;
  for (int thread = 1; thread < std::ssize(seats); ++thread) threads.emplace_back(run, thread);
  run(0);
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(wrong, 0) << seats.size() << " threads, " << barrier.n_equals() << " equals";
}

TEST(Barrier, FewThreadsMeetAsEquals) {
  EXPECT_EQ(Barrier(Seats(8, 4, 2)).n_equals(), 8);
  EXPECT_EQ(Barrier(Seats(9, 100, 100)).n_equals(), 1);
}

TEST(Barrier, OneOfEachNodeTalksAcrossTheMachine) {
  EXPECT_EQ(Barrier(Seats(384, 48, 8)).n_equals(), 8);
  EXPECT_EQ(Barrier(Seats(96, 48, 6)).n_equals(), 2);
}

TEST(Barrier, SeparatesWhateverTheShapeOfTheMachine) {
  for (const int flat : {0, 3, 100}) {
    ExpectSeparates(Seats(1, 1, 1), flat, 20);
    ExpectSeparates(Seats(2, 1, 1), flat, 20);
    ExpectSeparates(Seats(5, 5, 5), flat, 20);
    ExpectSeparates(Seats(7, 3, 2), flat, 20);   // nodes and clusters that don't fill up
    ExpectSeparates(Seats(12, 4, 2), flat, 20);  // three nodes: the rounds of equals wrap
  }
}

TEST(Barrier, SeparatesMoreThreadsThanCpus) {
  ExpectSeparates(Seats(32, 8, 4), Barrier::kFlatThreads, 5);
  ExpectSeparates(Seats(20, 20, 20), Barrier::kFlatThreads, 5);  // more than a leader looks at
}

TEST(Barrier, KnowsNoClusters) {
  ExpectSeparates(std::vector<ThreadSeat>(10), Barrier::kFlatThreads, 5);
}

TEST(Barrier, WhoNeedNotWaitHasWaitedForNothing) {
  Barrier barrier(std::vector<ThreadSeat>(1));
  barrier.Touch(0);
  EXPECT_EQ(barrier.Wait(0), 0);
}

}  // namespace
}  // namespace moebench
