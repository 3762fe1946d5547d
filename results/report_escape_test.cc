#include "results/report_escape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/testing/payloads.h"

namespace moebench {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(VisibleText, LeavesOrdinaryTextOfAnyScript) {
  const std::string text = "k=4 < 8 & \"more\"\n\t한국어 naïve 🦊 👩‍💻";
  EXPECT_EQ(VisibleText(text), text);
}

TEST(VisibleText, ShowsControlsBidiAndSeparators) {
  EXPECT_EQ(VisibleText("\x1b[31m"), "\\x1b[31m");
  EXPECT_EQ(VisibleText("a\rb\x7f"), "a\\x0db\\x7f");
  EXPECT_EQ(VisibleText("\xc2\x9b"), "\\x9b");
  EXPECT_EQ(VisibleText("\xe2\x80\xae"), "\\u{202e}");
  EXPECT_EQ(VisibleText("\xe2\x81\xa6"), "\\u{2066}");
  EXPECT_EQ(VisibleText("\xe2\x80\xa8"), "\\u{2028}");
  EXPECT_EQ(VisibleText(std::string_view("\0", 1)), "\\x00");
}

TEST(VisibleText, ShowsEachByteThatIsNotUtf8) {
  EXPECT_EQ(VisibleText("\xff"), "\\xff");
  EXPECT_EQ(VisibleText("\xc0\xbc"), "\\xc0\\xbc");                    // overlong
  EXPECT_EQ(VisibleText("\xe0\x80\x80"), "\\xe0\\x80\\x80");           // overlong
  EXPECT_EQ(VisibleText("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // surrogate
  EXPECT_EQ(VisibleText("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
  EXPECT_EQ(VisibleText("a\xe2\x80"), "a\\xe2\\x80");                  // cut short
}

TEST(VisibleText, IsStableForEveryPayload) {
  for (const std::string& payload : testing::InjectionPayloads()) {
    const std::string once = VisibleText(payload);
    EXPECT_EQ(VisibleText(once), once);
  }
}

TEST(MarkdownText, MakesMarkupInert) {
  EXPECT_EQ(MarkdownText("![x](y)"), "\\!\\[x\\](y)");
  EXPECT_EQ(MarkdownText("a|b"), "a\\|b");
  EXPECT_EQ(MarkdownText("\\|"), "\\\\\\|");
  EXPECT_EQ(MarkdownText("<b>&lt;"), "&lt;b&gt;&amp;lt;");
  EXPECT_EQ(MarkdownText("@team"), "@&#8203;team");
  EXPECT_EQ(MarkdownText("https://x"), "https&#58;//x");
  EXPECT_EQ(MarkdownText("www.x"), "www&#46;x");
  EXPECT_EQ(MarkdownText("a\n# b"), "a↵\\# b");
  EXPECT_EQ(MarkdownText("k=4, decode -14 % [-19, -9]"), "k=4, decode -14 % \\[-19, -9\\]");
}

TEST(MarkdownText, LeavesNoActiveCharacterOfAnyPayload) {
  for (const std::string& payload : testing::InjectionPayloads()) {
    const std::string text = MarkdownText(payload);
    for (size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      EXPECT_TRUE(c != '<' && c != '>' && c != '\n' && c != '\r') << text;
      if (c == '\\') {
        ++i;  // the next character is escaped
      } else {
        EXPECT_EQ(std::string("`*_[]!|#~$").find(c) == std::string::npos ||
                      (c == '#' && i > 0 && text[i - 1] == '&'),
                  true)
            << text;
      }
    }
  }
}

TEST(MarkdownFence, IsLongerThanAnyRunOfBackticks) {
  EXPECT_EQ(MarkdownFence("x", "text"), "```text\nx\n```\n");
  EXPECT_EQ(MarkdownFence("a ```` b", "text"), "`````text\na ```` b\n`````\n");
  EXPECT_THAT(MarkdownFence("\xe2\x80\xae", "text"), Not(HasSubstr("\xe2\x80\xae")));
}

TEST(Shortened, CutsBetweenCharactersAndSaysWhatIsMissing) {
  EXPECT_EQ(Shortened("short", 10), "short");
  EXPECT_EQ(Shortened("가나다", 4), "가 … [6 more bytes, whole in the database]");
}

TEST(ShellWord, QuotesWhatAShellWouldReadOtherwise) {
  EXPECT_EQ(ShellWord("models/a-1.gguf"), "models/a-1.gguf");
  EXPECT_EQ(ShellWord("my model.gguf"), "'my model.gguf'");
  EXPECT_EQ(ShellWord("a'b"), "'a'\\''b'");
  EXPECT_EQ(ShellWord("$(touch x)"), "'$(touch x)'");
  EXPECT_EQ(ShellWord(""), "''");
}

}  // namespace
}  // namespace moebench
