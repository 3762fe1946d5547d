#include "runners/worker/text.h"

#include <gtest/gtest.h>

#include <string>

#include "harness/base/error.h"
#include "runners/worker/line_buffer.h"

namespace moebench {
namespace {

TEST(Text, WhatMovesTheCursorOrTurnsText_IsShown) {
  EXPECT_EQ(EscapeForPeople("\x1b[2J\r\n\t\x7f", 99), "\\x1b[2J\\x0d\\n\\t\\x7f");
  EXPECT_EQ(EscapeForPeople("\xc2\x9b"
                            "31m",
                            99),
            "\\x9b31m");
  EXPECT_EQ(EscapeForPeople("\u202e\u2066\u2028", 99), "\\u202e\\u2066\\u2028");
  EXPECT_EQ(EscapeForPeople("\xff ok 한", 99), "\\xff ok 한");
  EXPECT_EQ(EscapeForPeople("abcdef", 3), "abc...");
  EXPECT_EQ(EscapeForPeople(std::string("a\0b", 3), 9), "a\\x00b");
}

TEST(Text, Hex_SurvivesTheWayAndIsChecked) {
  const std::string bytes("\0\xff\x10z", 4);
  EXPECT_EQ(ToHex(bytes), "00ff107a");
  EXPECT_EQ(FromHex("00FF107a"), bytes);
  EXPECT_THROW(FromHex("0"), Error);
  EXPECT_THROW(FromHex("0g"), Error);
}

TEST(LineBuffer, Lines_AreFoundHoweverTheBytesArrive) {
  LineBuffer buffer(100);
  std::string seen;
  for (const char c : std::string("one\n\ntwo\r\nthr")) {
    buffer.Append(std::string(1, c));
    while (const auto line = buffer.Next()) seen += "[" + *line + "]";
  }
  EXPECT_EQ(seen, "[one][][two]");
  buffer.Append("ee\nfour\n");
  EXPECT_EQ(buffer.Next(), "three");
  EXPECT_EQ(buffer.Next(), "four");
  EXPECT_EQ(buffer.Next(), std::nullopt);
  EXPECT_EQ(buffer.lines_taken(), 5);
}

TEST(LineBuffer, LongLine_IsRefusedFinishedOrNot) {
  LineBuffer exact(4);
  exact.Append("four\n");
  EXPECT_EQ(exact.Next(), "four");
  LineBuffer open(4);
  open.Append("fives");
  EXPECT_THROW(open.Next(), Error);
  LineBuffer closed(4);
  closed.Append("ok\nfives\n");
  EXPECT_EQ(closed.Next(), "ok");
  EXPECT_THROW(closed.Next(), Error);
}

}  // namespace
}  // namespace moebench
