// moebench doctor and topology files on the command line, run as a user would.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/cli/testing_program.h"

namespace moebench {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

class DoctorCommand : public testing::Test {
 protected:
  ProgramRun program_;
};

TEST_F(DoctorCommand, JsonHasTheCachesAndWhatWasMeasuredWhereAsked) {
  const ProgramResult plain = program_.Run({"doctor", "--json"});
  ASSERT_EQ(plain.exit_code, 0) << plain.err;
  const Json machine = Json::parse(plain.out);
  EXPECT_FALSE(machine.contains("bandwidth"));
  EXPECT_TRUE(machine["topology"]["nodes"][0]["cores"][0].contains("l1d"));
  const ProgramResult measured = program_.Run({"doctor", "--json", "--bandwidth"});
  ASSERT_EQ(measured.exit_code, 0) << measured.err;
  const Json rows = Json::parse(measured.out)["bandwidth"];
  ASSERT_FALSE(rows.empty());
  EXPECT_EQ(rows.back()["kind"], "all");
  EXPECT_TRUE(rows.back()["gbps"].is_number() || !rows.back()["unavailable"].empty());
}

TEST_F(DoctorCommand, TopologyFilesThatAreNoneAreBadData) {
  program_.Write("box.xml", "<topology version=\"3.0\"><object type=\"Machine\">");
  const ProgramResult cut = program_.Run({"plan-placement", "--topology", "box.xml"});
  EXPECT_EQ(cut.exit_code, 65) << cut.err;
  EXPECT_THAT(cut.err, HasSubstr("box.xml"));
  program_.Write("text.xml", "no topology at all");
  EXPECT_EQ(program_.Run({"plan-placement", "--topology", "text.xml"}).exit_code, 65);
}

}  // namespace
}  // namespace moebench
