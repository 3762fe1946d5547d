#include "harness/base/utf8.h"

#include <gtest/gtest.h>

namespace moebench {
namespace {

constexpr char kReplaced[] = "\xef\xbf\xbd";

TEST(Utf8, EveryCharacterIsReadBack) {
  for (uint32_t code = 0; code < 0x110000; ++code) {
    if (code >= 0xd800 && code < 0xe000) continue;
    std::string text;
    AppendUtf8(text, code);
    ASSERT_EQ(Utf8Length(text, 0), static_cast<int>(text.size())) << code;
    ASSERT_EQ(IncompleteUtf8Tail(text), 0u) << code;
    for (size_t n = 1; n < text.size(); ++n) {
      ASSERT_EQ(Utf8Length(text.substr(0, n), 0), kUtf8Incomplete) << code;
      ASSERT_EQ(IncompleteUtf8Tail("x" + text.substr(0, n)), n) << code;
    }
  }
}

TEST(Utf8, WhatIsNoCharacterIsReplacedByteByByte) {
  const std::string r = kReplaced;
  EXPECT_EQ(ReplaceInvalidUtf8("a\xff"
                               "b"),
            "a" + r + "b");
  EXPECT_EQ(ReplaceInvalidUtf8("\xc0\xaf"), r + r);                  // overlong "/"
  EXPECT_EQ(ReplaceInvalidUtf8("\xed\xa0\x80"), r + r + r);          // surrogate
  EXPECT_EQ(ReplaceInvalidUtf8("\xf4\x90\x80\x80"), r + r + r + r);  // above U+10FFFF
  EXPECT_EQ(ReplaceInvalidUtf8("\xea\xb0"), r + r);                  // cut off
  EXPECT_EQ(ReplaceInvalidUtf8("\x80z"), r + "z");
  EXPECT_EQ(ReplaceInvalidUtf8("\xea\xb0\x80"), "\xea\xb0\x80");  // "가"
}

TEST(Utf8, TailThatCanBecomeNothingIsNotWaitedFor) {
  EXPECT_EQ(IncompleteUtf8Tail(""), 0u);
  EXPECT_EQ(IncompleteUtf8Tail("\x80\x80\x80\x80"), 0u);
  EXPECT_EQ(IncompleteUtf8Tail("\xc0"), 0u);
  EXPECT_EQ(IncompleteUtf8Tail("\xed\xa0"), 0u);
  EXPECT_EQ(IncompleteUtf8Tail("ab\xf0\x9f\x98"), 3u);
}

TEST(Utf8, MalformedBytesAreTold) {
  EXPECT_TRUE(IsValidUtf8(""));
  EXPECT_TRUE(IsValidUtf8("aä한𝄞\U0010FFFF"));
  for (const char* bad : {"\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                          "\xf5\x80\x80\x80", "\x80", "\xe2\x82", "\xc3("}) {
    EXPECT_FALSE(IsValidUtf8(bad)) << bad;
  }
}

}  // namespace
}  // namespace moebench
