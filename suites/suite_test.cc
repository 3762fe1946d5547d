#include "suites/suite.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "harness/base/error.h"

namespace moebench {
namespace {

using testing::HasSubstr;

constexpr char kItem[] =
    R"({"id":"a-1","tier":2,"category":"sums","prompt":"2+3?","max_tokens":8,"grader":{"kind":"numeric","expected":["5"],"tolerance":0.5}})";

std::string ErrorOf(const std::string& jsonl) {
  try {
    ParseItems(jsonl, "items.jsonl");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kBadData);
    return error.what();
  }
  return "no error";
}

TEST(Suite, ReadsAnItem) {
  const std::vector<Item> items = ParseItems(std::string(kItem) + "\n\n", "items.jsonl");
  ASSERT_EQ(items.size(), 1u);
  EXPECT_EQ(items[0].id, "a-1");
  EXPECT_EQ(items[0].tier, 2);
  EXPECT_EQ(items[0].grader_kind, "numeric");
  EXPECT_THAT(items[0].expected, testing::ElementsAre("5"));
  EXPECT_DOUBLE_EQ(items[0].tolerance, 0.5);
  EXPECT_EQ(items[0].hash.size(), 16u);
}

TEST(Suite, ErrorsNameFileLineAndField) {
  EXPECT_EQ(ErrorOf(std::string(kItem) + "\n{"), "items.jsonl:2: is not a JSON object");
  EXPECT_EQ(ErrorOf(std::string(kItem) + "\n" + kItem),
            "items.jsonl:2: the id 'a-1' stands here twice");
  EXPECT_THAT(ErrorOf(""), HasSubstr("holds no line"));
  EXPECT_THAT(ErrorOf(R"({"id":"../x","prompt":"p"})"), HasSubstr("'id' must be"));
  EXPECT_THAT(ErrorOf(R"({"id":"x"})"), HasSubstr("'prompt' must be a string"));
  EXPECT_THAT(ErrorOf(R"({"id":"x","prompt":""})"), HasSubstr("'prompt' must have"));
  EXPECT_THAT(ErrorOf(R"({"id":"x","prompt":"p","max_tokens":0})"), HasSubstr("'max_tokens'"));
  EXPECT_THAT(ErrorOf(R"({"id":"x","prompt":"p","max_tokens":9})"), HasSubstr("'grader' must"));
  EXPECT_THAT(ErrorOf(R"({"id":"x","prompt":"p","max_tokens":9,"grader":{"kind":3}})"),
              HasSubstr("'grader.kind'"));
  EXPECT_THAT(ErrorOf(R"({"id":"x","prompt":"p","max_tokens":9,"grader":{"kind":"exact"}})"),
              HasSubstr("nothing to compare with"));
  EXPECT_THAT(
      ErrorOf(R"({"id":"x","prompt":"p","max_tokens":9,"grader":{"kind":"exact","expected":[1]}})"),
      HasSubstr("list of strings"));
}

TEST(Suite, ChosenItemsAreSpreadOverCategoriesAndSeeded) {
  std::vector<Item> items;
  for (int i = 0; i < 40; ++i) {
    items.push_back({.id = std::to_string(i), .category = i < 30 ? "many" : "few"});
  }
  const std::vector<Item> chosen = ChooseItems(items, 10, 3);
  ASSERT_EQ(chosen.size(), 10u);
  const auto few = std::count_if(chosen.begin(), chosen.end(),
                                 [](const Item& item) { return item.category == "few"; });
  EXPECT_EQ(few, 5);
  std::vector<std::string> ids, again;
  for (const Item& item : chosen) ids.push_back(item.id);
  for (const Item& item : ChooseItems(items, 10, 3)) again.push_back(item.id);
  EXPECT_EQ(ids, again);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 10u);
  EXPECT_EQ(ChooseItems(items, 0, 3).size(), 40u);
}

}  // namespace
}  // namespace moebench
