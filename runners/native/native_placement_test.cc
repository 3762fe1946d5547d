#include "runners/native/native_placement.h"

#include <gmock/gmock.h>

#include "harness/base/error.h"
#include "harness/machine/node_memory.h"

namespace moebench {
namespace {

using testing::HasSubstr;

constexpr int64_t kTooMuch = int64_t{1} << 50;

class RequireRoomTest : public testing::Test {
 protected:
  RequireRoomTest() { small_.file_bytes = 1 << 20; }

  // Why models don't fit on the node; empty if they do.
  std::string Refusal(const std::vector<ModelFacts>& models) const {
    try {
      RequireRoom(plan_, models, 128);
      return "";
    } catch (const Error& error) {
      EXPECT_EQ(error.where(), kPlacementRefused);
      return error.what();
    }
  }

  const PlacementPlan plan_{.policy = "local", .thread_cpus = {0}, .memory_nodes = {0}};
  ModelFacts small_;
};

TEST_F(RequireRoomTest, ADraftModelCountsAsTheModelDoes) {
  if (ReadNodeFree("/", {0}).empty()) GTEST_SKIP() << "the kernel does not say what node 0 has";
  ModelFacts weights = small_, cache = small_, state = small_;
  weights.file_bytes = kTooMuch;
  cache.kv_bytes_per_position = kTooMuch / 128;
  state.state_bytes = kTooMuch;
  EXPECT_EQ(Refusal({small_, small_}), "");
  for (const ModelFacts& large : {weights, cache, state}) {
    EXPECT_THAT(Refusal({large}), HasSubstr("node 0"));
    EXPECT_THAT(Refusal({small_, large}), HasSubstr("node 0"));
  }
}

TEST_F(RequireRoomTest, OneNodeForEachThreadOrNone) {
  PlacementPlan plan = plan_;
  plan.thread_nodes = {0, 0};
  EXPECT_THROW(RequireRoom(plan, std::vector{small_}, 128), Error);
}

}  // namespace
}  // namespace moebench
