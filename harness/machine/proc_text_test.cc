#include "harness/machine/proc_text.h"

#include <gmock/gmock.h>

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ProcText, ListsAreReadAndWrittenAsTheKernelDoes) {
  EXPECT_THAT(*ParseList("0-3,8"), ElementsAre(0, 1, 2, 3, 8));
  EXPECT_THAT(*ParseList(""), IsEmpty());
  EXPECT_EQ(FormatList({0, 1, 2, 3, 8, 10, 11}), "0-3,8,10-11");
}

TEST(ProcText, MalformedOrAbsurdListsAreRefused) {
  for (const char* text :
       {"3-1", "a", "-1", "0-", "0-99999999999", "0,,1", "99999999999999999999"}) {
    EXPECT_FALSE(ParseList(text).has_value()) << text;
  }
}

TEST(ProcText, NumbersAreWholeOrNothing) {
  EXPECT_EQ(*ParseInt("-12"), -12);
  EXPECT_FALSE(ParseInt("12 kB").has_value());
  EXPECT_FALSE(ParseInt("").has_value());
}

TEST(ProcText, NumbersAreFoundByTheFirstWordOfTheirLine) {
  EXPECT_EQ(*FindNumber("MemTotal:  9 kB\nMemFree: 12 kB\n", "MemFree:"), 12);
  EXPECT_FALSE(FindNumber("MemFree: many", "MemFree:").has_value());
  EXPECT_FALSE(FindNumber("xMemFree: 1", "MemFree:").has_value());
}

TEST(ProcText, LinesAndWords) {
  EXPECT_THAT(SplitLines("a\n\nb c\n"), ElementsAre("a", "b c"));
  EXPECT_THAT(SplitWords(" a \t bc "), ElementsAre("a", "bc"));
}

TEST(ProcText, UnreadableFilesSayWhy) {
  EXPECT_FALSE(ReadSmallFile("/proc/no-such-file").has_value());
  EXPECT_FALSE(ReadSmallFile("/proc").has_value());
  EXPECT_THAT(WhyUnreadable("/proc/no-such-file"), HasSubstr("No such file"));
}

}  // namespace
}  // namespace moebench
