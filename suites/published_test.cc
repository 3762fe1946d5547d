#include "suites/published.h"

#include <gmock/gmock.h>

#include <set>

#include "harness/base/error.h"
#include "suites/rows.h"

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<Item> Parse(const std::string& text, const std::string& format = "") {
  return ParsePublished(ParseRows(text, "f"), format, "f");
}

Item Only(const std::string& text) {
  const std::vector<Item> items = Parse(text);
  EXPECT_EQ(items.size(), 1u);
  return items.at(0);
}

std::string ErrorOf(const std::string& text, const std::string& format = "") {
  try {
    Parse(text, format);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Rows, AreReadFromEachContainer) {
  EXPECT_EQ(ParseRows("{\"a\":1}\n\n{\"a\":2}\n", "f")[1].where(), "f:3");
  EXPECT_EQ(ParseRows("[{\"a\":1},{\"a\":2}]", "f")[1].where(), "f: element 2");
  EXPECT_EQ(ParseRows("{\"canary\":\"x\",\"examples\":[{\"a\":1}]}", "f").size(), 1u);
  const std::vector<JsonLine> csv = ParseRows("q,a\n\"x, \"\"y\"\"\nz\",1\nw,2\n", "f");
  ASSERT_EQ(csv.size(), 2u);
  EXPECT_EQ(csv[0].Text("q"), "x, \"y\"\nz");
  EXPECT_EQ(csv[1].where(), "f:4");
  EXPECT_EQ(ParseRows("ID\tText\n1\ta, \"b\"\n", "f")[0].Text("Text"), "a, \"b\"");
}

TEST(Rows, RefuseWhatIsNotReadAndSayTheWayOut) {
  EXPECT_THAT(ErrorOf("PAR1xxxx"), HasSubstr("to_json"));
  EXPECT_THAT(ErrorOf("\x1f\x8b\x08"), HasSubstr("gunzip"));
  EXPECT_THAT(ErrorOf(""), HasSubstr("empty"));
  EXPECT_THAT(ErrorOf("{\"a\":1}\n{\"a\":"), HasSubstr("f:2: is not a JSON object"));
  EXPECT_THAT(ErrorOf("[{\"a\":1}"), HasSubstr("cut off"));
  EXPECT_THAT(ErrorOf("a,b\n1,2\n1,2,3\n"), HasSubstr("f:3: has 3 fields, the header 2"));
  EXPECT_THAT(ErrorOf("just text"), HasSubstr("neither JSON nor a table"));
  EXPECT_THAT(ErrorOf("{\"a\":1}"), HasSubstr("no format that is known (fields: a)"));
  EXPECT_THAT(ErrorOf("{\"a\":1}", "gsm9k"), HasSubstr("did you mean 'gsm8k'"));
  EXPECT_THAT(ErrorOf("{\"question\":\"q\",\"answer\":\"#### 1\"}\n{\"question\":\"q\"}"),
              HasSubstr("f:2: is no record of gsm8k"));
}

TEST(Published, Gsm8kTakesTheNumberBehindTheHashes) {
  const Item item = Only(R"({"question":"How many?","answer":"2+2=<<2+2=4>>4\n#### 1,200"})");
  EXPECT_EQ(item.id, "gsm8k-1");
  EXPECT_EQ(item.source, "gsm8k");
  EXPECT_EQ(item.grader_kind, "numeric");
  EXPECT_THAT(item.expected, ElementsAre("1200"));
  EXPECT_EQ(item.extract, "last-number");
  EXPECT_THAT(ErrorOf(R"({"question":"q","answer":"#### none"})"), HasSubstr("f:1: has no number"));
}

TEST(Published, MathCodeAndInstructions) {
  const Item math = Only(
      R"({"problem":"x?","solution":"","answer":"\\frac{1}{2}","subject":"Algebra","level":5})");
  EXPECT_EQ(math.grader_kind, "math");
  EXPECT_EQ(math.tier, 3);
  EXPECT_EQ(math.category, "Algebra");
  const Item human = Only(
      R"({"task_id":"H/0","prompt":"def f(x):\n","entry_point":"f","canonical_solution":"    return x\n","test":"def check(c):\n    assert c(1) == 1"})");
  EXPECT_EQ(human.grader_kind, "code");
  EXPECT_THAT(human.spec, HasSubstr("check(f)"));
  EXPECT_EQ(human.right_answers.size(), 1u);
  const Item mbpp = Only(
      R"({"task_id":1,"text":"Write f.","code":"def f(): return 1","test_list":["assert f() == 1"],"test_setup_code":""})");
  EXPECT_THAT(mbpp.prompt, HasSubstr("assert f() == 1"));
  const Item ifeval = Only(
      R"({"key":1,"prompt":"p","instruction_id_list":["punctuation:no_comma"],"kwargs":[{"num_words":null}]})");
  EXPECT_EQ(ifeval.grader_kind, "ifeval");
  EXPECT_THAT(ifeval.spec, Not(HasSubstr("num_words")));
  EXPECT_THAT(ErrorOf(R"({"prompt":"p","instruction_id_list":["a","b"],"kwargs":[{}]})"),
              HasSubstr("f:1: has not as many 'kwargs'"));
}

TEST(Published, BigBenchHard) {
  const std::vector<Item> items = Parse(R"~({"canary":"c","examples":[
      {"input":"Which?\n(A) x\n(B) y","target":"(B)"},{"input":"not ( True )","target":"False"}]})~");
  EXPECT_EQ(items[0].grader_kind, "choice");
  EXPECT_THAT(items[0].expected, ElementsAre("B"));
  EXPECT_EQ(items[1].grader_kind, "text");
}

TEST(Published, OpenQuestionsAreToldApart) {
  const std::string mt = R"({"question_id":81,"category":"writing","turns":["Write.","Again."]})";
  const std::string spec = R"({"question_id":9,"category":"translation","turns":["Translate."]})";
  EXPECT_EQ(Only(mt).source, "mt-bench");
  EXPECT_EQ(Only(mt).prompt, "Write.");
  EXPECT_EQ(Only(mt).grader_kind, "judge");
  const std::vector<Item> both = Parse(mt + "\n" + spec);
  EXPECT_EQ(both[0].source, "spec-bench");
  EXPECT_EQ(both[1].category, "translation");
  EXPECT_EQ(
      Only(R"({"question_id":"a","category":"arena-hard-v0.1","turns":[{"content":"Do it."}]})")
          .source,
      "arena-hard");
  EXPECT_EQ(Only(R"({"uid":"a","category":"hard_prompt","prompt":"Do it."})").prompt, "Do it.");
}

TEST(Published, MmluInItsThreeForms) {
  const Item own = Only("\"What, then?\",one,two,three,four,C\n");
  EXPECT_EQ(own.gold, 2);
  EXPECT_EQ(own.prompt, "What, then?\nA. one\nB. two\nC. three\nD. four\nAnswer:");
  EXPECT_THAT(own.choices, ElementsAre(" A", " B", " C", " D"));
  EXPECT_EQ(Only("question,choice0,choice1,choice2,choice3,answer\nq,a,b,c,d,3\n").gold, 3);
  EXPECT_EQ(
      Only(R"({"question":"q","choices":["a","b","c","d"],"answer":0,"subject":"law"})").category,
      "law");
  EXPECT_THAT(ErrorOf("question,choice0,choice1,choice2,choice3,answer\nq,a,b,c,d,4\n"),
              HasSubstr("f:2: 'answer' names no choice"));
}

TEST(Published, OtherChoices) {
  const Item arc = Only(
      R"({"id":"x","question":{"stem":"Why?","choices":[{"text":"a","label":"1"},{"text":"b","label":"2"}]},"answerKey":"2"})");
  EXPECT_EQ(arc.source, "arc");
  EXPECT_EQ(arc.gold, 1);
  EXPECT_EQ(arc.prompt, "Question: Why?\nAnswer:");
  EXPECT_EQ(
      Only(R"({"question":"Why?","choices":{"text":["a","b"],"label":["A","B"]},"answerKey":"A"})")
          .gold,
      0);
  const Item hella = Only(
      R"({"activity_label":"Roof","ctx_a":"A man [header] sits.","ctx_b":"he","endings":["w","x","y","z"],"label":"3"})");
  EXPECT_EQ(hella.prompt, "Roof: A man sits. He");
  EXPECT_EQ(hella.gold, 3);
  EXPECT_THAT(hella.spec, HasSubstr("characters"));
  const Item wino = Only(
      R"({"sentence":"Ann beat Sue because _ was faster.","option1":"Ann","option2":"Sue","answer":"1"})");
  EXPECT_THAT(wino.choice_prompts,
              ElementsAre("Ann beat Sue because Ann", "Ann beat Sue because Sue"));
  EXPECT_THAT(wino.choices, ElementsAre(" was faster.", " was faster."));
  EXPECT_EQ(wino.gold, 0);
  EXPECT_EQ(Only(R"({"context_options":["a x","a y"],"continuation":"b","gold":1})").gold, 1);
  const Item truth =
      Only(R"({"question":"Q?","mc1_targets":{"choices":["no","yes"],"labels":[0,1]}})");
  EXPECT_EQ(truth.gold, 1);
  EXPECT_EQ(truth.prompt, "Q: Q?\nA:");
  EXPECT_EQ(
      Only("Type,Question,Best Answer,Correct Answers,Incorrect Answers\nA,Q,yes,yes,no; never\n")
          .choices.size(),
      3u);
}

TEST(Published, KobestInItsFiveTasks) {
  const Item copa =
      Only("ID\tsentence\tquestion\t1\t2\tAnswer\n1\t비가 왔다.\t결과\t젖었다.\t말랐다.\t1\n");
  EXPECT_EQ(copa.category, "copa");
  EXPECT_EQ(copa.prompt, "비가 왔다 그래서");
  EXPECT_EQ(copa.gold, 0);
  EXPECT_EQ(Only("ID\tText\tQuestion\tAnswer\n1\t글\t물음\tTrue\n").gold, 1);
  EXPECT_EQ(Only("ID\tLabel\tText\n1\t0\t별로\n").category, "sentineg");
  EXPECT_EQ(Only(R"({"word":"배","context_1":"a","context_2":"b","label":1})").category, "wic");
  EXPECT_EQ(
      Only(
          R"({"context":"c","ending_1":"1","ending_2":"2","ending_3":"3","ending_4":"4","label":2})")
          .gold,
      2);
}

TEST(Published, EveryFormatHasANameOfItsOwn) {
  std::set<std::string> names;
  for (const PublishedFormat& format : PublishedFormats()) names.insert(format.name);
  EXPECT_EQ(names.size(), PublishedFormats().size());
  EXPECT_GE(names.size(), 15u);
}

// The real files, where a checkout has them beside it.
class RealFiles : public testing::TestWithParam<std::tuple<const char*, const char*, size_t>> {};

TEST_P(RealFiles, AreReadWhole) {
  const auto& [file, source, rows] = GetParam();
  const std::filesystem::path path =
      std::filesystem::path(MOEBENCH_SOURCE_DIR) / "../shared/data/suites" / file;
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not here";
  const std::vector<Item> items = ReadPublished(path, "");
  EXPECT_EQ(items.size(), rows);
  for (const Item& item : items) ASSERT_EQ(item.source, source);
}

INSTANTIATE_TEST_SUITE_P(All, RealFiles,
                         testing::Values(std::tuple("gsm8k/test.jsonl", "gsm8k", 1319),
                                         std::tuple("ifeval/input_data.jsonl", "ifeval", 541),
                                         std::tuple("mt_bench/question.jsonl", "mt-bench", 80),
                                         std::tuple("spec_bench/question.jsonl", "spec-bench", 480),
                                         std::tuple("mmlu_dev", "mmlu", 285)));

}  // namespace
}  // namespace moebench
