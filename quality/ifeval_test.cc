// Each of the 25 instructions with answers that follow it and answers that do not.
#include "quality/ifeval.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>

#include "harness/base/error.h"
#include "quality/grader.h"

namespace moebench {
namespace {

using Json = nlohmann::json;

struct Case {
  const char* id;
  Json arguments;
  std::vector<std::string> follow, break_;
};

std::vector<Case> Cases() {
  return {
      {"keywords:existence", {{"keywords", {"river", "stone"}}}, {"River and STONES"}, {"a river"}},
      {"keywords:frequency",
       {{"keyword", "tea"}, {"frequency", 2}, {"relation", "at least"}},
       {"Tea, steam, more tea"},
       {"tea"}},
      {"keywords:forbidden_words", {{"forbidden_words", {"cat"}}}, {"category"}, {"a Cat.", "cat"}},
      {"keywords:letter_frequency",
       {{"letter", "E"}, {"let_frequency", 3}, {"let_relation", "less than"}},
       {"eE", "abc"},
       {"tree, end"}},
      {"language:response_language",
       {{"language", "de"}},
       {"Der Zug nach Hamburg hat heute leider eine halbe Stunde Verspätung."},
       {"The train to the coast is half an hour late today, I am afraid."}},
      {"length_constraints:number_sentences",
       {{"num_sentences", 3}, {"relation", "less than"}},
       {"One. Two."},
       {"One. Two. Three."}},
      {"length_constraints:number_paragraphs",
       {{"num_paragraphs", 2}},
       {"a\n***\nb", "***\na\n***\nb"},
       {"a", "a\n***\n***\nb", "a\n***\nb\n***\nc"}},
      {"length_constraints:number_words",
       {{"num_words", 3}, {"relation", "at least"}},
       {"one two-three"},
       {"one two"}},
      {"length_constraints:nth_paragraph_first_word",
       {{"num_paragraphs", 2}, {"nth_paragraph", 2}, {"first_word", "Weeks"}},
       {"a\n\nweeks, later", "a\n\n\"Weeks\" b"},
       {"weeks\n\nb", "a\n\nweeks\n\nc", "weeks"}},
      {"detectable_content:number_placeholders",
       {{"num_placeholders", 2}},
       {"[name] [town]"},
       {"[name]", "[]"}},
      {"detectable_content:postscript",
       {{"postscript_marker", "P.P.S"}},
       {"Text\nP. P.S more"},
       {"Text\nP.S. more"}},
      {"detectable_format:number_bullet_lists",
       {{"num_bullets", 2}},
       {"* a\n- b", "* a\n* b\ntext"},
       {"* a", "** a\n* b"}},
      {"detectable_format:constrained_response",
       Json::object(),
       {"My answer is maybe.", "Well. My answer is no."},
       {"My answer is yes", "maybe"}},
      {"detectable_format:number_highlighted_sections",
       {{"num_highlights", 2}},
       {"*one* and *two*", "**a** *b*"},
       {"*one*", "* * *"}},
      {"detectable_format:multiple_sections",
       {{"section_spliter", "Day"}, {"num_sections", 2}},
       {"Day 1 a Day 2 b"},
       {"Day 1 a", "Day one Day two"}},
      {"detectable_format:json_format",
       Json::object(),
       {"```json\n{\"a\": 1}\n```", "[1]"},
       {"{a: 1}", "text {\"a\": 1}"}},
      {"detectable_format:title",
       Json::object(),
       {"<<Title>>\ntext"},
       {"<Title>", "<<>>", "<< >>"}},
      {"combination:two_responses",
       Json::object(),
       {"one\n******\ntwo", "******one******two"},
       {"one", "a******a", "a******b******c", "a************b"}},
      {"combination:repeat_prompt",
       {{"prompt_to_repeat", "Say hello."}},
       {"say Hello. Hello!"},
       {"Hello! Say hello."}},
      {"startend:end_checker",
       {{"end_phrase", "The end."}},
       {"It is over. the END.", "\"... The end.\" "},
       {"The end. Really."}},
      {"startend:quotation", Json::object(), {" \"all of it\" "}, {"\"", "said \"x\"", "x\""}},
      {"change_case:capital_word_frequency",
       {{"capital_frequency", 2}, {"capital_relation", "at least"}},
       {"NO, never: WELL-KNOWN"},
       {"NO never", "Well Known"}},
      {"change_case:english_capital",
       Json::object(),
       {"THE RAIN FELL ON THE QUIET TOWN ALL NIGHT."},
       {"The rain fell on the quiet town all night.", "123"}},
      {"change_case:english_lowercase",
       Json::object(),
       {"the rain fell on the quiet town all night."},
       {"The rain fell.", "DER REGEN"}},
      {"punctuation:no_comma", Json::object(), {"none here"}, {"one, here"}},
  };
}

TEST(Ifeval, KnowsAllTwentyFiveInstructions) {
  EXPECT_EQ(IfevalInstructions().size(), 25u);
  std::set<std::string> tested;
  for (const Case& c : Cases()) tested.insert(c.id);
  EXPECT_EQ(tested,
            std::set<std::string>(IfevalInstructions().begin(), IfevalInstructions().end()));
}

TEST(Ifeval, TellsFollowingFromBreaking) {
  for (const Case& c : Cases()) {
    EXPECT_NO_THROW(RequireUsableInstruction(c.id, c.arguments, "t")) << c.id;
    for (const std::string& answer : c.follow) {
      EXPECT_TRUE(FollowsInstruction(c.id, c.arguments, answer)) << c.id << ": " << answer;
    }
    for (const std::string& answer : c.break_) {
      EXPECT_FALSE(FollowsInstruction(c.id, c.arguments, answer)) << c.id << ": " << answer;
    }
    EXPECT_FALSE(FollowsInstruction(c.id, c.arguments, " ")) << c.id;
  }
}

TEST(Ifeval, UnusableInstructionsAreRefused) {
  EXPECT_THROW(RequireUsableInstruction("keywords:existance", Json::object(), "t"), Error);
  EXPECT_THROW(RequireUsableInstruction("keywords:existence", Json::object(), "t"), Error);
  EXPECT_THROW(RequireUsableInstruction("startend:end_checker", {{"end_phrase", 3}}, "t"), Error);
}

TEST(Ifeval, GraderWantsAllOfThem) {
  const GraderRule rule = {
      .kind = "ifeval",
      .spec = R"({"instructions":[{"id":"punctuation:no_comma"},)"
              R"({"id":"startend:end_checker","arguments":{"end_phrase":"Bye."}}]})"};
  EXPECT_NO_THROW(CheckRule(rule, "t"));
  EXPECT_EQ(GradeAnswer(rule, "So long. Bye.", Finish::kStop).outcome, "right");
  const Grade grade = GradeAnswer(rule, "So, long. Bye.", Finish::kStop);
  EXPECT_EQ(grade.outcome, "wrong");
  EXPECT_EQ(grade.detail, "wanted instructions: punctuation:no_comma no startend:end_checker yes");
}

}  // namespace
}  // namespace moebench
