#include "harness/machine/hindrance.h"

#include <gmock/gmock.h>

#include "harness/machine/fake_tree.h"
#include "harness/machine/memory_policy.h"

namespace moebench {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

void WriteNode(FakeTree& tree, int node, int free_kib, int file_kib) {
  const std::string name = "Node " + std::to_string(node) + " ";
  tree.Write("sys/devices/system/node/node" + std::to_string(node) + "/meminfo",
             name + "MemTotal: 1048576 kB\n" + name + "MemFree: " + std::to_string(free_kib) +
                 " kB\n" + name + "Active(file): 1024 kB\n" + name +
                 "Inactive(file): " + std::to_string(file_kib) + " kB\n");
}

class HindranceTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!WhyNoMemoryPolicy().empty()) GTEST_SKIP() << WhyNoMemoryPolicy();
    WriteNode(tree_, 0, 500'000, 400'000);
    WriteNode(tree_, 1, 500'000, 0);
  }
  FakeTree tree_{"hindrance"};
  const PlacementPlan plan_{.policy = "interleave", .thread_cpus = {0}, .memory_nodes = {0, 1}};
};

TEST_F(HindranceTest, NodesWithRoomHinderNobody) {
  EXPECT_EQ(Hindrance(tree_.root(), plan_), "");
  EXPECT_EQ(Because(""), "");
}

TEST_F(HindranceTest, AFullNodeIsNamed) {
  WriteNode(tree_, 1, 10'000, 0);
  EXPECT_THAT(Because(Hindrance(tree_.root(), plan_)),
              AllOf(HasSubstr(" (node 1 is full: 9 of its 1024 MiB are free)"),
                    Not(HasSubstr("page cache"))));
}

TEST_F(HindranceTest, SoIsThePageCacheThatFillsIt) {
  WriteNode(tree_, 1, 10'000, 900'000);
  EXPECT_THAT(Hindrance(tree_.root(), plan_), HasSubstr("879 MiB are the page cache's"));
}

TEST_F(HindranceTest, SoIsACpuset) {
  tree_.Write("proc/self/status", "Name:\tx\nMems_allowed_list:\t0,4-7\n");
  EXPECT_EQ(Hindrance(tree_.root(), plan_), "node 1 is outside the cpuset of this process");
}

}  // namespace
}  // namespace moebench
