#include "harness/sweep/schedule.h"

#include <gmock/gmock.h>

#include <map>

namespace moebench {
namespace {

const ScheduleRequest kRequest = {
    .cells = {1, 2, 3, 4, 5}, .anchor = 0, .has_anchor = true, .trials = 4, .seed = 9};

TEST(Schedule, EveryCellRunsOncePerRound) {
  std::map<size_t, std::vector<int>> rounds;
  for (const TrialSlot& slot : ScheduleSession(kRequest)) rounds[slot.cell].push_back(slot.round);
  for (size_t cell = 1; cell <= 5; ++cell) {
    EXPECT_THAT(rounds[cell], testing::ElementsAre(0, 1, 2, 3)) << cell;
  }
  for (size_t i = 0; i < rounds[0].size(); ++i) EXPECT_EQ(rounds[0][i], static_cast<int>(i));
}

TEST(Schedule, EveryTrialHasAnAnchorWithinTwoOnBothSides) {
  const std::vector<TrialSlot> slots = ScheduleSession(kRequest);
  const auto is_anchor = [&](size_t i) { return slots[i].cell == 0; };
  ASSERT_TRUE(is_anchor(0));
  ASSERT_TRUE(is_anchor(slots.size() - 1));
  for (size_t i = 1; i + 1 < slots.size(); ++i) {
    if (is_anchor(i)) continue;
    EXPECT_TRUE(is_anchor(i - 1) || is_anchor(i - 2)) << i;
    EXPECT_TRUE(is_anchor(i + 1) || is_anchor(i + 2)) << i;
  }
}

TEST(Schedule, SecondRoundRunsBackwards) {
  std::vector<size_t> first, second;
  for (const TrialSlot& slot : ScheduleSession(kRequest)) {
    if (slot.cell == 0) continue;
    if (slot.round == 0) first.push_back(slot.cell);
    if (slot.round == 1) second.insert(second.begin(), slot.cell);
  }
  EXPECT_EQ(first, second);
}

TEST(Schedule, SeedDecidesTheOrder) {
  ScheduleRequest other = kRequest;
  EXPECT_EQ(ScheduleSession(kRequest), ScheduleSession(other));
  other.seed = 10;
  EXPECT_NE(ScheduleSession(kRequest), ScheduleSession(other));
}

TEST(Schedule, WithoutAnAnchorOnlyTheCellsRun) {
  EXPECT_EQ(ScheduleSession({.cells = {7}, .trials = 2}), (std::vector<TrialSlot>{{7, 0}, {7, 1}}));
  EXPECT_EQ(ScheduleSession({.anchor = 3, .has_anchor = true, .trials = 2}),
            (std::vector<TrialSlot>{{3, 0}, {3, 1}}));
}

}  // namespace
}  // namespace moebench
