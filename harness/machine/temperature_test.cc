#include "harness/machine/temperature.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "harness/machine/fake_tree.h"

namespace moebench {
namespace {

// A sensor that shows these readings one after the other, and then the last for good; a pause takes
// a second of a clock of its own.
struct FakeSensor {
  std::vector<Reading> readings;
  double now = 0;
  size_t next = 0;
  bool cancel = false;

  CoolDownGate Gate() {
    return {.look = [this] { return readings[std::min(next++, readings.size() - 1)]; },
            .pause = [this] { now += 1; },
            .now_s = [this] { return now; },
            .cancelled = [this] { return cancel; }};
  }
};

TEST(Temperature, IsOfTheHottestPackageByTheCpusOwnSensor) {
  FakeTree tree("temperature");
  tree.Write("sys/class/hwmon/hwmon0/name", "nvme\n");
  tree.Write("sys/class/hwmon/hwmon0/temp1_input", "90000\n");
  tree.Write("sys/class/hwmon/hwmon1/name", "k10temp\n");
  tree.Write("sys/class/hwmon/hwmon1/temp1_input", "41250\n");
  tree.Write("sys/class/hwmon/hwmon2/name", "k10temp\n");
  tree.Write("sys/class/hwmon/hwmon2/temp1_input", "44000\n");
  EXPECT_EQ(ReadTemperature(tree.root()).value, 44000);
}

TEST(Temperature, WithoutASensorItIsUnavailableAndNeverZero) {
  FakeTree tree("no_temperature");
  tree.Write("sys/class/hwmon/hwmon0/name", "coretemp\n");
  tree.Write("sys/class/hwmon/hwmon0/temp1_input", "hot\n");
  const Reading reading = ReadTemperature(tree.root());
  EXPECT_FALSE(reading.value);
  EXPECT_EQ(reading.unavailable, "no k10temp, zenpower or coretemp sensor");
}

TEST(CoolDown, WaitsUntilTheCoresAreAsCoolAsTheyWere) {
  FakeSensor sensor{.readings = {Known(70000), Known(52000), Known(45000), Known(44900)}};
  const CoolDown wait = WaitUntilCool(Known(40000), {}, sensor.Gate());
  EXPECT_TRUE(wait.cool);
  EXPECT_DOUBLE_EQ(wait.waited_s, 3) << "45.0 is not yet below 40 + 5";
  EXPECT_EQ(wait.last.value, 44900);
}

TEST(CoolDown, PatienceEndsAndSaysSo) {
  FakeSensor sensor{.readings = {Known(70000)}};
  const CoolDown wait = WaitUntilCool(Known(40000), {.patience_s = 10}, sensor.Gate());
  EXPECT_FALSE(wait.cool);
  EXPECT_DOUBLE_EQ(wait.waited_s, 10);
}

TEST(CoolDown, NothingIsWaitedForWhereNobodySaysHowHotItIs) {
  FakeSensor sensor{.readings = {Unknown("a VM")}};
  EXPECT_DOUBLE_EQ(WaitUntilCool(Known(40000), {}, sensor.Gate()).waited_s, 0);
  sensor = {.readings = {Known(90000)}};
  EXPECT_DOUBLE_EQ(WaitUntilCool(Unknown("a VM"), {}, sensor.Gate()).waited_s, 0);
}

TEST(CoolDown, ASignalEndsIt) {
  FakeSensor sensor{.readings = {Known(90000)}, .cancel = true};
  const CoolDown wait = WaitUntilCool(Known(40000), {}, sensor.Gate());
  EXPECT_FALSE(wait.cool);
  EXPECT_DOUBLE_EQ(wait.waited_s, 0);
}

}  // namespace
}  // namespace moebench
