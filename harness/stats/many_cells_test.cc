#include "harness/stats/many_cells.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// The example of Benjamini and Hochberg (1995), table 1: at q = 0.05 the four smallest of fifteen.
TEST(BenjaminiHochberg, RejectsAsInThePaper) {
  const std::vector<double> p = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                                 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000};
  const std::vector<bool> rejected = BenjaminiHochberg(p, 0.05);
  EXPECT_EQ(std::count(rejected.begin(), rejected.end(), true), 4);
  EXPECT_TRUE(rejected[3]);
  EXPECT_FALSE(rejected[4]);
}

TEST(BenjaminiHochberg, KeepsTheOrderOfTheInput) {
  EXPECT_THAT(BenjaminiHochberg(std::vector<double>{0.9, 0.001, 0.5}),
              ElementsAre(false, true, false));
  EXPECT_THAT(BenjaminiHochberg({}), IsEmpty());
}

NightShift Moved(double ratio, double p) {
  return {.log_ratio = std::log(ratio), .se = 0.01, .ratio = ratio, .p = p, .nights = 7};
}

TEST(MachineAlarm, IsOneForAllCellsThatMoveTogether) {
  std::vector<NightShift> shifts(8, Moved(0.88, 1e-5));
  shifts[0] = Moved(1.01, 0.5);
  const MachineAlarm alarm = MachineAlarmOf(shifts);
  EXPECT_TRUE(alarm.raised);
  EXPECT_EQ(alarm.moved, 7);
  EXPECT_EQ(alarm.cells, 8);
  EXPECT_DOUBLE_EQ(alarm.ratio, 0.88);
}

TEST(MachineAlarm, IsNotRaisedByOneCellByNoiseOrByTooFewCells) {
  std::vector<NightShift> one(8, Moved(1.0, 0.9));
  one[3] = Moved(0.7, 1e-9);
  EXPECT_FALSE(MachineAlarmOf(one).raised);
  EXPECT_FALSE(MachineAlarmOf(std::vector<NightShift>(8, Moved(0.95, 0.02))).raised);
  EXPECT_FALSE(MachineAlarmOf(std::vector<NightShift>(2, Moved(0.8, 1e-9))).raised);
  EXPECT_FALSE(MachineAlarmOf(std::vector<NightShift>(8)).raised) << "no history";
}

TEST(MachineAlarm, NamesAFasterMachineToo) {
  EXPECT_TRUE(MachineAlarmOf(std::vector<NightShift>(5, Moved(1.2, 1e-6))).raised);
}

}  // namespace
}  // namespace moebench
