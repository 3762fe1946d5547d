#include "harness/cli/resume.h"

#include <gmock/gmock.h>

namespace moebench {
namespace {

using testing::HasSubstr;

const SweepRecord kThen{
    .started = "2026-11-22T01:00:00Z", .version = "0.1.0", .config_hash = "c", .machine_hash = "m"};

SweepRecord Now(const std::string& version, const std::string& config, const std::string& machine) {
  return {.version = version, .config_hash = config, .machine_hash = machine};
}

std::string WhyNot(const SweepRecord& then, const SweepRecord& now, Mixing mixing) {
  const auto refusal = RefusalToResume(then, now, mixing);
  if (!refusal) return "";
  EXPECT_THAT(refusal->way_out, HasSubstr("without --resume"));
  return refusal->why;
}

TEST(Resume, UnderTheSameCircumstancesItGoesOn) {
  EXPECT_EQ(WhyNot(kThen, Now("0.1.0", "c", "m"), Mixing::kRefused), "");
  EXPECT_EQ(OtherCircumstances(kThen, Now("0.1.0", "c", "m")), "");
}

TEST(Resume, AnotherMachineOrMoebenchIsMixedOnlyIfAllowed) {
  EXPECT_THAT(WhyNot(kThen, Now("0.1.0", "c", "n"), Mixing::kRefused), HasSubstr("the machine"));
  EXPECT_THAT(WhyNot(kThen, Now("0.2.0", "c", "m"), Mixing::kRefused), HasSubstr("moebench 0.1.0"));
  EXPECT_EQ(WhyNot(kThen, Now("0.2.0", "c", "n"), Mixing::kAllowed), "");
  EXPECT_EQ(OtherCircumstances(kThen, Now("0.2.0", "c", "n")),
            "resumed on machine n by moebench 0.2.0");
}

TEST(Resume, AFileOfAPlacementThatChangedIsNamed) {
  SweepRecord then = kThen, now = Now("0.1.0", "d", "m");
  then.config_json = R"({"k":1,"placement_content":{"expert-shard@load=t":"0123456789ab"}})";
  now.config_json = R"({"k":1,"placement_content":{"expert-shard@load=t":"ba9876543210"}})";
  EXPECT_THAT(WhyNot(then, now, Mixing::kAllowed), HasSubstr("the file that a placement names"));
  now.config_json = R"({"k":2,"placement_content":{"expert-shard@load=t":"ba9876543210"}})";
  EXPECT_THAT(WhyNot(then, now, Mixing::kAllowed), HasSubstr("configuration have changed"));
}

TEST(Resume, OtherCellsAreNeverMixedIn) {
  EXPECT_THAT(WhyNot(kThen, Now("0.1.0", "d", "m"), Mixing::kAllowed), HasSubstr("configuration"));
  SweepRecord done = kThen;
  done.finished = "2026-11-22T02:00:00Z";
  EXPECT_EQ(WhyNot(done, Now("0.1.0", "c", "m"), Mixing::kAllowed), "it is finished");
}

}  // namespace
}  // namespace moebench
