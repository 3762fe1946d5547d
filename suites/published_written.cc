// Published sets whose answers are written out: mathematics, code, instructions, open questions.
#include <algorithm>

#include "suites/published.h"

namespace moebench {
namespace {

using Json = nlohmann::json;

constexpr int kReasoningTokens = 1024, kCodeTokens = 1024, kEssayTokens = 1280;

bool HasText(const Json& row, const char* key) { return row.contains(key) && row[key].is_string(); }

bool HasList(const Json& row, const char* key) {
  return row.contains(key) && row[key].is_array() && !row[key].empty();
}

bool FitsGsm8k(const Json& row) {
  return HasText(row, "question") && HasText(row, "answer") &&
         row["answer"].get_ref<const std::string&>().find("####") != std::string::npos;
}

Item ReadGsm8k(const JsonLine& row, const std::string&) {
  const std::string answer = row.Text("answer");
  std::string number = answer.substr(answer.rfind("####") + 4);
  number.erase(std::remove_if(number.begin(), number.end(),
                              [](char c) { return c == ' ' || c == ',' || c == '$' || c == '\n'; }),
               number.end());
  if (number.find_first_of("0123456789") == std::string::npos) {
    row.Refuse("has no number behind '####'");
  }
  return {.tier = 1,
          .prompt = row.Text("question") +
                    "\nThink step by step, and end with a line '#### ' and the number.",
          .max_tokens = kReasoningTokens,
          .grader_kind = "numeric",
          .expected = {number},
          .tolerance = 1e-6,
          .extract = "last-number"};
}

bool FitsMath(const Json& row) { return HasText(row, "problem") && HasText(row, "answer"); }

Item ReadMath(const JsonLine& row, const std::string&) {
  int tier = 2;
  if (row.Has("level") && row.json()["level"].is_number_integer()) {
    tier = std::clamp((row.json()["level"].get<int>() + 1) / 2, 1, 3);
  }
  return {.tier = tier,
          .category = row.TextOr("subject", ""),
          .prompt = row.Text("problem") +
                    "\nReason step by step, and put the final answer within \\boxed{}.",
          .max_tokens = 2 * kReasoningTokens,
          .grader_kind = "math",
          .expected = {row.Text("answer")},
          .extract = "boxed"};
}

bool FitsHumanEval(const Json& row) {
  return HasText(row, "prompt") && HasText(row, "entry_point") && HasText(row, "test");
}

Item ReadHumanEval(const JsonLine& row, const std::string&) {
  const std::string entry = row.Text("entry_point"), prompt = row.Text("prompt");
  const Json spec = {{"language", "python"},
                     {"entry", "def " + entry},
                     {"prefix", prompt + "\n"},
                     {"tests", row.Text("test") + "\ncheck(" + entry + ")"}};
  Item item{.tier = 2,
            .prompt =
                "Complete this Python function. Reply with one code block that holds the "
                "whole function with its imports.\n\n```python\n" +
                prompt + "```",
            .max_tokens = kCodeTokens,
            .grader_kind = "code",
            .extract = "code",
            .spec = spec.dump()};
  if (HasText(row.json(), "canonical_solution")) {
    item.right_answers = {"```python\n" + prompt + row.Text("canonical_solution") + "```"};
    item.wrong_answers = {"```python\ndef " + entry + "(*args, **kwargs):\n    return None\n```"};
  }
  return item;
}

bool FitsMbpp(const Json& row) {
  return (HasText(row, "text") || HasText(row, "prompt")) && HasList(row, "test_list") &&
         HasText(row, "code");
}

Item ReadMbpp(const JsonLine& row, const std::string&) {
  std::string tests = row.TextOr("test_setup_code", "");
  if (row.Has("test_imports")) {
    for (const std::string& line : row.Texts("test_imports")) tests += '\n' + line;
  }
  std::string listed;
  for (const std::string& test : row.Texts("test_list")) {
    tests += '\n' + test;
    listed += test + '\n';
  }
  const Json spec = {{"language", "python"}, {"tests", tests}};
  return {.tier = 2,
          .prompt = row.Text(row.Has("text") ? "text" : "prompt") +
                    "\nReply with one Python code block. The code must pass these tests:\n\n" +
                    listed,
          .max_tokens = kCodeTokens,
          .grader_kind = "code",
          .extract = "code",
          .spec = spec.dump(),
          .right_answers = {"```python\n" + row.Text("code") + "\n```"},
          .wrong_answers = {"```python\npass\n```"}};
}

bool FitsIfeval(const Json& row) {
  return HasText(row, "prompt") && HasList(row, "instruction_id_list") && HasList(row, "kwargs");
}

Item ReadIfeval(const JsonLine& row, const std::string&) {
  const std::vector<std::string> ids = row.Texts("instruction_id_list");
  const Json& arguments = row.json()["kwargs"];
  if (arguments.size() != ids.size()) row.Refuse("has not as many 'kwargs' as instructions");
  Json instructions = Json::array();
  for (size_t i = 0; i < ids.size(); ++i) {
    if (!arguments[i].is_object()) row.Refuse("'kwargs' must be a list of objects");
    Json given = Json::object();  // some copies write every argument, null where it has no meaning
    for (const auto& [key, value] : arguments[i].items()) {
      if (!value.is_null()) given[key] = value;
    }
    instructions.push_back({{"id", ids[i]}, {"arguments", given}});
  }
  const Json spec = {{"instructions", instructions}};
  return {.tier = ids.size() > 1 ? 3 : 2,
          .category = ids[0].substr(0, ids[0].find(':')),
          .prompt = row.Text("prompt"),
          .max_tokens = kEssayTokens,
          .grader_kind = "ifeval",
          .spec = spec.dump()};
}

bool FitsBbh(const Json& row) { return HasText(row, "input") && HasText(row, "target"); }

Item ReadBbh(const JsonLine& row, const std::string&) {
  const std::string target = row.Text("target");
  Item item{.tier = 2,
            .prompt = row.Text("input") +
                      "\nThink step by step, and end with a line 'Answer: ' and the answer alone.",
            .max_tokens = kReasoningTokens,
            .grader_kind = "text",
            .expected = {target},
            .extract = "answer-line"};
  if (target.size() == 3 && target.front() == '(' && target.back() == ')') {
    item.grader_kind = "choice";
    item.expected = {target.substr(1, 1)};
    item.extract = "letter";
  }
  return item;
}

bool FitsTurns(const Json& row) {
  return HasList(row, "turns") && row.contains("question_id") && HasText(row, "category");
}

bool IsArenaHard(const Json& row) {
  if (HasText(row, "uid") && HasText(row, "prompt") && HasText(row, "category")) return true;
  return FitsTurns(row) && row["turns"][0].is_object();
}

// Spec-Bench has MT-Bench's questions and others, in the same form.
bool IsSpecBench(const Json& row) { return FitsTurns(row) && row["turns"][0].is_string(); }

bool IsMtBench(const Json& row) {
  static const std::vector<std::string> own = {"writing", "roleplay",   "reasoning", "math",
                                               "coding",  "extraction", "stem",      "humanities"};
  return IsSpecBench(row) &&
         std::find(own.begin(), own.end(), row["category"].get<std::string>()) != own.end();
}

// Open questions have no program to grade them. Only the first turn is asked.
Item OpenQuestion(const JsonLine& row, const std::string& prompt) {
  if (prompt.empty()) row.Refuse("has an empty first turn");
  return {.tier = 2,
          .category = row.TextOr("category", ""),
          .prompt = prompt,
          .max_tokens = kEssayTokens,
          .grader_kind = "judge"};
}

Item ReadTurns(const JsonLine& row, const std::string&) {
  return OpenQuestion(row, row.Texts("turns").front());
}

Item ReadArenaHard(const JsonLine& row, const std::string&) {
  if (!row.Has("turns")) return OpenQuestion(row, row.Text("prompt"));
  return OpenQuestion(row, JsonLine(row.json()["turns"][0], row.where()).Text("content"));
}

}  // namespace

std::vector<PublishedFormat> WrittenFormats() {
  return {
      {"gsm8k", "school mathematics (openai/grade-school-math)", FitsGsm8k, ReadGsm8k},
      {"math500", "competition mathematics (MATH-500, HuggingFaceH4)", FitsMath, ReadMath},
      {"humaneval", "Python functions (openai/human-eval)", FitsHumanEval, ReadHumanEval},
      {"mbpp", "Python tasks (google-research), full or sanitized", FitsMbpp, ReadMbpp},
      {"ifeval", "verifiable instructions (google-research)", FitsIfeval, ReadIfeval},
      {"bbh", "BIG-Bench Hard (suzgunmirac), one file a task", FitsBbh, ReadBbh},
      {"arena-hard", "open questions (lmarena) v0.1 and v2, for a judge", IsArenaHard,
       ReadArenaHard},
      {"mt-bench", "open questions (lm-sys/FastChat), first turn, for a judge", IsMtBench,
       ReadTurns},
      {"spec-bench", "prompts for speculation (hemingkx), for a judge", IsSpecBench, ReadTurns},
  };
}

}  // namespace moebench
