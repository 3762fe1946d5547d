#include "results/trends.h"

#include <gmock/gmock.h>

#include <stdexcept>

#include "results/analysis.h"
#include "results/night_series.h"
#include "results/testing/sweep_rows.h"

namespace moebench {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

SweepRows NightAt(int64_t id, double k4_tps) {
  SweepRows rows = SweepOf(
      {{.k = 8, .tps = 50, .baseline = true}, {.k = 4, .tps = k4_tps}, {.k = 2, .tps = 80}});
  rows.sweep.id = id;
  rows.sweep.started = "2026-11-22T01:00:00Z";
  rows.sweep.version = "1";
  rows.sweep.machine_hash = "machine";
  rows.sweep.machine_json = R"({"items":{"governor":{"kind":"F","value":"performance"},
                                         "load":{"kind":"G","value":"0.1"}}})";
  rows.sweep.config_json = R"({"flag_below":0.1,"suite_hash":"s","max_tokens":32})";
  return rows;
}

History HistoryOf(const std::vector<SweepRows>& nights) {
  History history;
  for (const SweepRows& night : nights) history.past.push_back(SpeedsOf(night));
  return history;
}

const TrendView& TrendOfK4(const SweepView& view) {
  for (const TrendView& trend : view.models.at(0).trends) {
    if (trend.label.starts_with("k=4 ")) return trend;
  }
  throw std::runtime_error("k=4 is not followed");
}

TEST(Trends, FollowSettingsNightByNightAndMarkWhereTheyChangedForGood) {
  std::vector<SweepRows> nights;
  for (int64_t id = 1; id <= 10; ++id) nights.push_back(NightAt(id, id <= 5 ? 65 : 60));
  const SweepView view = Analyse(NightAt(11, 60), HistoryOf(nights));
  EXPECT_THAT(view.models.at(0).trends, SizeIs(3));
  const TrendView& trend = TrendOfK4(view);
  ASSERT_THAT(trend.nights, SizeIs(11));
  EXPECT_NEAR(trend.nights.front().decode_tps, 65, 0.5);
  EXPECT_NEAR(trend.nights.back().decode_tps, 60, 0.5);
  for (size_t i = 0; i < trend.nights.size(); ++i) {
    EXPECT_EQ(trend.nights[i].change_ratio > 0, i == 5) << i;
  }
  EXPECT_NEAR(trend.nights[5].change_ratio, 60.0 / 65, 0.01);
}

TEST(Trends, LeaveOutNightsThatCanNotBeComparedAndCountThem) {
  SweepRows other_machine = NightAt(1, 65), other_suite = NightAt(2, 65);
  other_machine.sweep.machine_hash = "another";
  other_suite.sweep.config_json = R"({"suite_hash":"t","max_tokens":32})";
  const SweepView view =
      Analyse(NightAt(4, 65), HistoryOf({other_machine, other_suite, NightAt(3, 65)}));
  EXPECT_THAT(view.models.at(0).trends.at(0).nights, SizeIs(2));
  EXPECT_EQ(view.models.at(0).other_nights, 2);
}

TEST(Changes, NameWhatIsOtherwiseThanInTheSweepBefore) {
  SweepRows then = NightAt(1, 65);
  then.sweep.version = "0";
  then.sweep.machine_hash = "another";
  then.sweep.machine_json = R"({"items":{"governor":{"kind":"F","value":"powersave"},
                                         "load":{"kind":"G","value":"7"}}})";
  const NightChanges changes = Analyse(NightAt(2, 65), HistoryOf({then})).changes;
  EXPECT_EQ(changes.sweep_id, 1);
  EXPECT_FALSE(changes.same_machine);
  EXPECT_TRUE(changes.same_workload);
  ASSERT_THAT(changes.facts, SizeIs(2)) << "load moves by itself";
  EXPECT_EQ(changes.facts[0].name, "moebench");
  EXPECT_EQ(changes.facts[1].name, "governor");
  EXPECT_EQ(changes.facts[1].before, "powersave");
  EXPECT_EQ(changes.facts[1].now, "performance");
}

TEST(Changes, AFirstNightHasNone) {
  const SweepView view = Analyse(NightAt(1, 65));
  EXPECT_EQ(view.changes.sweep_id, 0);
  EXPECT_THAT(view.changes.facts, IsEmpty());
  EXPECT_THAT(view.models.at(0).trends.at(0).nights, SizeIs(1));
}

}  // namespace
}  // namespace moebench
