#include "harness/machine/node_memory.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "harness/machine/fake_tree.h"

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

constexpr int64_t kMiB = 1 << 20;

TEST(NodeFree, CountsThePageCacheThatTheKernelWouldDrop) {
  FakeTree tree("node_free");
  tree.Write("sys/devices/system/node/node70/meminfo",
             "Node 70 MemTotal:       4096 kB\nNode 70 MemFree:        1024 kB\n"
             "Node 70 Active(file):    512 kB\nNode 70 Inactive(file):  256 kB\n");
  EXPECT_THAT(ReadNodeFree(tree.root(), {70, 71}), ElementsAre(Pair(70, 1792 * 1024)));
  tree.Write("proc/zoneinfo",
             "Node 7, zone Normal\n  min 100\nNode 70, zone DMA\n  min 1\nNode 70, zone Normal\n"
             "  pages free 9\n        min      2\n        low 50\n");
  EXPECT_THAT(ReadNodeFree(tree.root(), {70}),
              ElementsAre(Pair(70, 1792 * 1024 - 3 * sysconf(_SC_PAGESIZE))));
}

TEST(NodeBytes, RowsFollowTheirThreadsAndTheRestIsSpread) {
  const PlacementPlan shard{.policy = "row-shard",
                            .thread_cpus = {0, 1, 2, 3},
                            .memory_nodes = {0, 1},
                            .thread_nodes = {0, 0, 0, 1}};
  EXPECT_THAT(PredictNodeBytes(shard, 400, 20), ElementsAre(Pair(0, 310), Pair(1, 110)));
}

TEST(NodeBytes, WeightsShareOutEverything) {
  const PlacementPlan plan{.policy = "weighted-interleave",
                           .thread_cpus = {0},
                           .memory_nodes = {0, 8},
                           .node_weights = {3, 1}};
  EXPECT_THAT(PredictNodeBytes(plan, 300, 100), ElementsAre(Pair(0, 300), Pair(8, 100)));
}

TEST(NodeBytes, NothingIsPredictedWhereTheKernelChooses) {
  EXPECT_THAT(PredictNodeBytes({.policy = "none/l3", .memory_nodes = {0}}, 300, 100), IsEmpty());
}

TEST(NodeShortage, NamesTheNodeThatLacksTheMost) {
  const std::map<int, int64_t> free = {{0, 10 * kMiB}, {1, 10 * kMiB}};
  EXPECT_EQ(NodeShortage({{0, 10 * kMiB}, {1, 5 * kMiB}, {2, 99 * kMiB}}, free), "");
  EXPECT_EQ(NodeShortage({{0, 11 * kMiB}, {1, 30 * kMiB}}, free),
            "node 1 is full: it would hold 30 MiB and has 10 MiB to give");
}

TEST(HugePages, AreReadFromTheRollup) {
  EXPECT_EQ(HugePageBytes("Rss: 9 kB\nAnonHugePages:      2048 kB\nPrivate_Hugetlb: 0 kB\n"),
            2 * kMiB);
  EXPECT_EQ(HugePageBytes("Rss: 9 kB\n"), -1);
}

}  // namespace
}  // namespace moebench
