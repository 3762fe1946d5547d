#include "harness/sweep/item_grading.h"

#include <gmock/gmock.h>

#include <map>

#include "harness/base/error.h"
#include "quality/sandbox.h"

namespace moebench {
namespace {

Suite Bundled(const std::string& name) {
  return LoadSuite(std::string(MOEBENCH_SOURCE_DIR) + "/suites/" + name);
}

std::string Problems(const SuiteCheck& check) {
  std::string text;
  for (const ItemProblem& problem : check.problems) {
    text += problem.item_id + ": " + problem.what + '\n';
  }
  return text;
}

TEST(OurSuites, CoreIsLargeSpreadAndProven) {
  const Suite suite = Bundled("core");
  EXPECT_GE(suite.items.size(), 160u);
  std::map<std::string, int> categories;
  std::map<int, int> tiers;
  for (const Item& item : suite.items) {
    ++categories[item.category];
    ++tiers[item.tier];
    EXPECT_EQ(item.source, "moebench") << item.id;
    EXPECT_LE(item.max_tokens, 2048) << item.id;
  }
  EXPECT_GE(categories.size(), 8u);
  EXPECT_GE(tiers[3], 45);
  EXPECT_GE(tiers[1], 25);
  const SuiteCheck check = CheckSuite(suite.items, {});
  EXPECT_EQ(Problems(check), "");
  EXPECT_EQ(check.unproven, categories["code"]);
}

TEST(OurSuites, CodeItemsAcceptTheirSolutionsAndRefuseTheOthers) {
  const Sandbox sandbox = FindSandbox();
  if (!sandbox.run) GTEST_SKIP() << sandbox.why_not;
  std::vector<Item> code;
  for (const Item& item : Bundled("core").items) {
    if (item.category == "code") code.push_back(item);
  }
  EXPECT_GE(code.size(), 20u);
  const SuiteCheck check = CheckSuite(code, sandbox.run);
  EXPECT_EQ(Problems(check), "");
  EXPECT_EQ(check.unproven, 0);
}

TEST(OurSuites, LongIsMadeFromSeedsAndProven) {
  const Suite suite = Bundled("long");
  EXPECT_GE(suite.items.size(), 20u);
  const SuiteCheck check = CheckSuite(suite.items, {});
  EXPECT_EQ(Problems(check), "");
  EXPECT_EQ(check.unproven, 0);
}

TEST(CheckSuite, FindsWhatIsWrong) {
  const Item good = {.id = "a",
                     .category = "c",
                     .prompt = "p",
                     .max_tokens = 8,
                     .grader_kind = "exact",
                     .expected = {"x"},
                     .right_answers = {"x"},
                     .wrong_answers = {"y"}};
  Item twice = good, deaf = good, loose = good, unusable = good;
  twice.id = "b";
  deaf.id = "c";
  deaf.prompt = "q";
  deaf.right_answers = {"z"};
  loose.id = "d";
  loose.prompt = "r";
  loose.wrong_answers = {"x"};
  unusable.id = "e";
  unusable.prompt = "s";
  unusable.grader_kind = "exakt";
  const SuiteCheck check = CheckSuite(std::vector<Item>{good, twice, deaf, loose, unusable}, {});
  EXPECT_EQ(Problems(check),
            "b: has the prompt of 'a'\n"
            "c: refuses its right answer 'z': wanted exact 'x'\n"
            "d: accepts its wrong answer 'x': exact 'x'\n"
            "e: 'exakt' is not a grader; did you mean 'exact'?\n");
}

}  // namespace
}  // namespace moebench
