#include "harness/machine/interleave_weights.h"

#include <gmock/gmock.h>

#include "harness/machine/fake_tree.h"

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(InterleaveWeights, AreTheKernelsAndZeroWhereANodeHasNone) {
  FakeTree tree("weights");
  EXPECT_THAT(ReadInterleaveWeights(tree.root(), {0}), IsEmpty());
  tree.Write("sys/kernel/mm/mempolicy/weighted_interleave/node0", "4\n");
  tree.Write("sys/kernel/mm/mempolicy/weighted_interleave/node8", "1\n");
  tree.Write("sys/kernel/mm/mempolicy/weighted_interleave/node9", "300\n");
  EXPECT_THAT(ReadInterleaveWeights(tree.root(), {0, 3, 8, 9}), ElementsAre(4, 0, 1, 0));
}

}  // namespace
}  // namespace moebench
