#include "results/energy.h"

#include <gtest/gtest.h>

#include <vector>

namespace moebench {
namespace {

struct Made {
  const char* delta;
  int64_t tokens;
};

Energy Of(const std::vector<Made>& made) {
  std::vector<TrialRecord> trials;
  for (const Made& m : made) {
    trials.push_back({.generated_tokens = m.tokens, .machine_delta_json = m.delta});
  }
  std::vector<const TrialRecord*> pointers;
  for (const TrialRecord& trial : trials) pointers.push_back(&trial);
  return EnergyOf(pointers);
}

TEST(Energy, IsOfAllTokensNotTheMeanOfTrials) {
  const Energy energy = Of({{R"({"energy_j":30})", 10}, {R"({"energy_j":60})", 80}});
  ASSERT_TRUE(energy.joules_per_token);
  EXPECT_DOUBLE_EQ(*energy.joules_per_token, 1.0);
}

TEST(Energy, TrialsWithoutCountersAreLeftOut) {
  const Energy energy =
      Of({{R"({"energy_j":30})", 10}, {R"({"energy_j":{"unavailable":"began anew"}})", 1000}});
  ASSERT_TRUE(energy.joules_per_token);
  EXPECT_DOUBLE_EQ(*energy.joules_per_token, 3.0);
}

TEST(Energy, WhereNobodyCountsTheReasonStandsAndNoZero) {
  const Energy virtual_machine = Of({{R"({"energy_j":{"unavailable":"no powercap zone"}})", 10}});
  EXPECT_FALSE(virtual_machine.joules_per_token);
  EXPECT_EQ(virtual_machine.unavailable, "no powercap zone");
  EXPECT_EQ(Of({{"{}", 10}}).unavailable, "it was not recorded");
  EXPECT_EQ(Of({{"no json", 10}}).unavailable, "it was not recorded");
  EXPECT_EQ(Of({{R"({"energy_j":[]})", 10}}).unavailable, "it was not recorded");
  EXPECT_EQ(Of({{R"({"energy_j":0})", 10}}).unavailable, "the counters stood still");
  EXPECT_FALSE(Of({}).joules_per_token);
}

}  // namespace
}  // namespace moebench
