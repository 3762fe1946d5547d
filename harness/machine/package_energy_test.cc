#include "harness/machine/package_energy.h"

#include <gmock/gmock.h>

#include "harness/machine/fake_tree.h"

namespace moebench {
namespace {

using testing::HasSubstr;

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kAmdRangeUj = 65'532'610'987;

class PackageEnergyTest : public testing::Test {
 protected:
  FakeTree tree_{"package_energy"};

  void Write(const std::string& zone, const std::string& name, const std::string& uj,
             const std::string& range = std::to_string(kAmdRangeUj)) {
    const std::string folder = "sys/class/powercap/" + zone + "/";
    tree_.Write(folder + "name", name + "\n");
    tree_.Write(folder + "energy_uj", uj + "\n");
    tree_.Write(folder + "max_energy_range_uj", range + "\n");
  }
  PackageEnergy TwoPackages(int64_t first_uj, int64_t second_uj, int64_t at_s) {
    Write("intel-rapl:0", "package-0", std::to_string(first_uj));
    Write("intel-rapl:1", "package-1", std::to_string(second_uj));
    return ReadPackageEnergy(tree_.root(), at_s * kSecond);
  }
  std::string WhyNone() const { return ReadPackageEnergy(tree_.root(), 0).unavailable; }
};

TEST_F(PackageEnergyTest, PackagesAreAddedTheirPartsAreNot) {
  Write("intel-rapl:0:0", "core", "5");
  Write("intel-rapl:2", "psys", "5");
  const PackageEnergy before = TwoPackages(1'000'000, 2'000'000, 0);
  const Reading uj = EnergyBetween(before, TwoPackages(4'000'000, 7'000'000, 1));
  EXPECT_EQ(uj.value, 8'000'000) << uj.unavailable;
}

// The sum alone would have risen by 35 kJ, and nobody would have seen that 65 are missing.
TEST_F(PackageEnergyTest, ACounterThatWrapsIsFollowedBesideOneThatDoesNot) {
  const PackageEnergy before = TwoPackages(60'000'000'000, 5'000'000'000, 0);
  const Reading uj = EnergyBetween(before, TwoPackages(44'467'389'013, 55'000'000'000, 120));
  EXPECT_EQ(uj.value, 100'000'000'000) << uj.unavailable;
}

TEST_F(PackageEnergyTest, WhatMayHaveWrappedTwiceIsNotToldAtAll) {
  const PackageEnergy before = TwoPackages(0, 0, 0);
  const Reading uj = EnergyBetween(before, TwoPackages(6'000'000'000, 6'000'000'000, 200));
  EXPECT_FALSE(uj.value.has_value());
  EXPECT_THAT(uj.unavailable, HasSubstr("wrapped more than once"));
}

TEST_F(PackageEnergyTest, WhatCanNotBeReadIsNamedAndNeverZero) {
  EXPECT_THAT(WhyNone(), HasSubstr("no powercap zone"));
  Write("intel-rapl:0", "package-0", "no number");
  EXPECT_NE(WhyNone(), "");
  Write("intel-rapl:0", "package-0", "99999999999999999999");
  EXPECT_NE(WhyNone(), "") << "beyond 64 bits";
  Write("intel-rapl:0", "package-0", "9223372036854775807", "9223372036854775807");
  EXPECT_THAT(WhyNone(), HasSubstr("beyond its own range"));
  Write("intel-rapl:0", "package-0", "-1");
  EXPECT_THAT(WhyNone(), HasSubstr("beyond its own range"));
  Write("intel-rapl:0", "package-0", "1", "0");
  EXPECT_THAT(WhyNone(), HasSubstr("beyond its own range"));
  tree_.Write("sys/class/powercap/intel-rapl:1/name", "package-1\n");
  Write("intel-rapl:0", "package-0", "1");
  EXPECT_THAT(WhyNone(), HasSubstr("No such file"));
  const Reading uj = EnergyBetween({.unavailable = "why"}, {.unavailable = "why"});
  EXPECT_FALSE(uj.value.has_value());
  EXPECT_EQ(uj.unavailable, "why");
}

TEST_F(PackageEnergyTest, APackageThatCameIsNoEnergy) {
  Write("intel-rapl:0", "package-0", "1");
  const PackageEnergy before = ReadPackageEnergy(tree_.root(), 0);
  EXPECT_THAT(EnergyBetween(before, TwoPackages(2, 2, 1)).unavailable, HasSubstr("came or went"));
}

}  // namespace
}  // namespace moebench
