// Text units, extraction, JSON and mathematics: what graders stand on.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/base/error.h"
#include "quality/extract.h"
#include "quality/json_text.h"
#include "quality/language.h"
#include "quality/math_text.h"
#include "quality/regex.h"
#include "quality/text_units.h"

namespace moebench {
namespace {

using Json = nlohmann::json;
using testing::DoubleEq;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Regex, FindsAndSplitsLikePython) {
  EXPECT_THAT(Regex("a(b)?", "t").FindAll("ab a"), ElementsAre("b", "a"));
  EXPECT_THAT(Regex(",", "t").Split("a,b,"), ElementsAre("a", "b", ""));
  EXPECT_THAT(Regex("x*", "t").FindAll("ax"), ElementsAre("", "x", ""));
  EXPECT_FALSE(Regex("^(a+)+$", "t").Search(std::string(40, 'a') + "b"));
  EXPECT_THROW(Regex("(", "t"), Error);
  EXPECT_TRUE(Regex(EscapeForRegex("a.b*c"), "t").Search("a.b*c"));
  EXPECT_FALSE(Regex(EscapeForRegex("a.b*c"), "t").Search("axbc"));
}

TEST(Numbers, AreReadAsPeopleWriteThem) {
  EXPECT_THAT(Numbers("1,234 and 5.5 and -3, x-7, 2-1, 1e3, 12e"),
              ElementsAre(1234, 5.5, -3, 7, 2, 1, 1000, 12));
  EXPECT_THAT(Numbers("3/4 of 12/06/2020, 1/0"), ElementsAre(0.75, 12, 6, 2020, 1, 0));
  EXPECT_THAT(Numbers("\xe2\x88\x92"
                      "8 1,23 9."),
              ElementsAre(-8, 1, 23, 9));
  EXPECT_THAT(Numbers(std::string(1000, '9')), IsEmpty());
  EXPECT_THAT(Numbers(""), IsEmpty());
}

TEST(Sentences, EndWhereReadersSeeAnEnd) {
  EXPECT_EQ(Sentences("Dr. Ito paid 3.50 at J. Lee's. Why? \"Because!\" he said").size(), 4u);
  EXPECT_EQ(Sentences("봄이 옵니다. 꽃이 핍니다.").size(), 2u);
  EXPECT_EQ(Sentences("1. First step\n\n2. Second step").size(), 2u);
  EXPECT_EQ(Sentences("Wait... what?").size(), 2u);
  EXPECT_THAT(Sentences(" \n. "), IsEmpty());
}

TEST(Fold, ForgivesDressNotContent) {
  EXPECT_EQ(Fold(" **The  Red Sea**. "), "the red sea");
  EXPECT_EQ(Fold("\xe2\x80\x9cTitan\xe2\x80\x9d"), "titan");
  EXPECT_EQ(Fold("세종 대왕"), "세종 대왕");
  EXPECT_EQ(Fold("..."), "");
}

TEST(Extract, TakesThePartTheRuleNames) {
  const auto text = [](const char* rule, const char* answer) {
    const Extraction found = Extract(rule, answer, "");
    return found.found ? found.text : "(none)";
  };
  EXPECT_EQ(text("whole", "a\nb"), "a\nb");
  EXPECT_EQ(text("answer-line", "Answer: 3\nno, **Answer:** 4\n"), "4");
  EXPECT_EQ(text("answer-line", "answer:\n\n  7 \nrest"), "7");
  EXPECT_EQ(text("answer-line", "정답: 쥐"), "쥐");
  EXPECT_EQ(text("answer-line", "It is 4"), "(none)");
  EXPECT_EQ(text("hashes", "x\n#### 1,200\n"), "1,200");
  EXPECT_EQ(text("boxed", "\\boxed{1} then $\\boxed{\\frac{1}{2}}$"), "\\frac{1}{2}");
  EXPECT_EQ(text("boxed", "\\boxed{1"), "(none)");
  EXPECT_EQ(text("last-number", "first 3, then -4.5."), "-4.5");
  EXPECT_EQ(text("last-line", "a\nb\n\n"), "b");
  EXPECT_EQ(text("code", "```py\na\n```\nor\n```\nb\n```"), "b\n");
  EXPECT_EQ(text("code", "plain"), "plain");
  EXPECT_EQ(text("whole", "<think>5?</think>6"), "6");
  EXPECT_EQ(Extract("code", "```\ndef f\n```\n```\nf(1)\n```", "def f").text, "def f\n");
}

TEST(Extract, ReadsTheLetterOfAChoice) {
  const auto letter = [](const char* answer) { return Extract("letter", answer, "").text; };
  EXPECT_EQ(letter("B"), "B");
  EXPECT_EQ(letter("(C)"), "C");
  EXPECT_EQ(letter("The answer is **D**."), "D");
  EXPECT_EQ(letter("A) is wrong.\nAnswer: B) no"), "B");
  EXPECT_EQ(letter("\\boxed{A}"), "A");
  EXPECT_EQ(letter("I think a bear"), "");
}

TEST(JsonText, IsFoundInProse) {
  EXPECT_EQ(Extract("json", "Sure: {\"a\": [1, \"}\"]} done", "").text, "{\"a\": [1, \"}\"]}");
  EXPECT_EQ(Extract("json", "```json\n[1]\n```", "").text, "[1]");
  EXPECT_FALSE(Extract("json", "{a: 1}", "").found);
  EXPECT_FALSE(ParseJsonText("{} {}").has_value());
  EXPECT_FALSE(ParseJsonText(std::string(100, '[') + std::string(100, ']')).has_value());
  EXPECT_TRUE(ParseJsonText(" 3 ").has_value());
}

TEST(JsonText, IsHeldAgainstSchemaAndData) {
  const Json schema = {{"type", "object"},
                       {"required", {"n"}},
                       {"properties", {{"n", {{"type", "integer"}, {"maximum", 3}}}}}};
  EXPECT_EQ(SchemaProblem(schema, {{"n", 2}}, "t"), "");
  EXPECT_THAT(SchemaProblem(schema, {{"n", 4}}, "t"), HasSubstr("n"));
  EXPECT_NE(SchemaProblem(schema, {{"n", "2"}}, "t"), "");
  EXPECT_NE(SchemaProblem(schema, Json::object(), "t"), "");
  EXPECT_NE(SchemaProblem(schema, {{"n", 2}, {"long", std::string(1 << 16, 'a')}}, "t"), "");
  EXPECT_THROW(SchemaProblem({{"type", 5}}, 1, "t"), Error);
  EXPECT_TRUE(SameData({{"a", 1}, {"b", {1, 2}}}, {{"b", {1.0, 2}}, {"a", 1}}));
  EXPECT_FALSE(SameData({{"a", 1}}, {{"a", "1"}}));
  EXPECT_FALSE(SameData({1, 2}, {2, 1}));
}

TEST(MathText, SameValuesAreTheSame) {
  EXPECT_TRUE(SameMath("\\dfrac{1}{2}", "0.5"));
  EXPECT_TRUE(SameMath("\\frac34", "3/4"));
  EXPECT_TRUE(SameMath("x = 5", "5"));
  EXPECT_TRUE(SameMath("1,200", "$1200$"));
  EXPECT_TRUE(SameMath("\\left( 3, \\frac{\\pi}{2} \\right)", "(3,\\frac{\\pi}{2})"));
  EXPECT_TRUE(SameMath("10\\%", "10"));
  EXPECT_TRUE(SameMath("-\\frac{2}{4}", "-.5"));
  EXPECT_TRUE(SameMath("5\\text{ cm}", "5"));
  EXPECT_FALSE(SameMath("(1,2)", "(2,1)"));
  EXPECT_FALSE(SameMath("12", "21"));
  EXPECT_FALSE(SameMath("", ""));
}

TEST(Language, IsTold) {
  EXPECT_EQ(MainLanguage("The weather in the mountains changes quickly in the evening."), "en");
  EXPECT_EQ(MainLanguage("오늘은 날씨가 맑고 바람이 조금 붑니다."), "ko");
  EXPECT_EQ(MainLanguage("Das Wetter in den Bergen ändert sich am Abend sehr schnell."), "de");
  EXPECT_EQ(MainLanguage("12 + 5"), "");
  EXPECT_EQ(MainLanguage("\xff\xfe"), "");
  EXPECT_THAT(ScriptShare("가나 ab", "Hangul"), DoubleEq(0.5));
  EXPECT_THAT(ScriptShare("12", "Latin"), DoubleEq(1));
  EXPECT_THROW(ScriptShare("a", "Klingonish"), Error);
}

}  // namespace
}  // namespace moebench
