#include "harness/sweep/measure.h"

#include <gmock/gmock.h>

#include <set>

#include "harness/base/error.h"

namespace moebench {
namespace {

TEST(BundledSuite, IsReadableGradableAndSpreadOverDomains) {
  const Suite suite = LoadSuite(std::string(MOEBENCH_SOURCE_DIR) + "/suites/demo");
  EXPECT_GE(suite.items.size(), 100u);
  EXPECT_GE(suite.speed.size(), 4u);
  EXPECT_NO_THROW(CheckGraders(suite.items));
  std::set<std::string> categories;
  for (const Item& item : suite.items) categories.insert(item.category);
  EXPECT_GE(categories.size(), 6u);
}

TEST(CheckGraders, NamesTheItem) {
  const std::vector<Item> items = {{.id = "a-1", .grader_kind = "exakt", .expected = {"x"}}};
  try {
    CheckGraders(items);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "item a-1: 'exakt' is not a grader; did you mean 'exact'?");
  }
}

}  // namespace
}  // namespace moebench
