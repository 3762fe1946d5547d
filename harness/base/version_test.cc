#include "harness/base/version.h"

#include <gmock/gmock.h>

namespace moebench {
namespace {

TEST(Version, IsTheReleaseAndTheCommit) {
  EXPECT_THAT(std::string(Version()),
              testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+(\\+g[0-9a-f]+(-dirty)?)?"));
}

}  // namespace
}  // namespace moebench
