// A set of questions with their graders, and the prompts that speed is measured with.
//   Suite suite = LoadSuite("suites/demo");   // items in *.jsonl, speed prompts in speed.jsonl
// Where there is no speed.jsonl, some of the items' prompts serve. Plain data, hostile input: every
// line is checked, an error names file:line and field.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace moebench {

struct Item {
  std::string id;  // unique in the suite, [A-Za-z0-9._-]{1,64}
  int tier = 1;    // 1 easy .. 3 hard
  std::string category;
  std::string prompt;  // the user's turn, without chat format
  int max_tokens = 0;  // an answer still open then is cut off
  std::string source;  // who wrote it: "moebench", or the published set
  // How a program grades the answer; the kinds are quality/grader.h's.
  std::string grader_kind;
  std::vector<std::string> expected;
  double tolerance = 0;
  std::string pattern;
  std::string extract;  // where in the answer to look; empty = all of it
  std::string spec;     // JSON object of the kinds that need more
  // Answers the grader must accept and refuse: the proof that the item can be solved.
  std::vector<std::string> right_answers, wrong_answers;
  // Of multiple choice by log-likelihood (grader "choices"): continuations of the prompt, and which
  // of them is right.
  std::vector<std::string> choices;
  int gold = -1;
  // A prompt of its own for each choice, where the choice stands within it; else empty.
  std::vector<std::string> choice_prompts;
  std::string hash;  // 16 hex digits over all of the above: the same item in two sweeps
};

struct SpeedPrompt {
  std::string id, prompt;
  std::string kind;           // what is asked for, "free writing": lookup gains differ by it
  int max_tokens = 0;         // the answer is no longer than this; 0 = it never ends
  double repeated_share = 0;  // RepeatedShare(prompt)
};

// Tokens to generate of a prompt in a trial: as many as are wanted, and not beyond its answer, for
// a model that must go on after its end repeats itself, and lookup would be timed on that.
int SpeedTokens(const SpeedPrompt& prompt, int wanted);

struct Suite {
  std::string path;
  std::vector<Item> items;
  std::vector<SpeedPrompt> speed;
  std::string hash;  // over all items and speed prompts
};

// A suite of these items; speed prompts are taken from them where none are given.
Suite MakeSuite(std::string path, std::vector<Item> items, std::vector<SpeedPrompt> speed);

// Throws Error (kBadData).
Suite LoadSuite(const std::filesystem::path& folder);
std::vector<Item> ParseItems(const std::string& jsonl, const std::string& name);
std::vector<SpeedPrompt> ParseSpeedPrompts(const std::string& jsonl, const std::string& name);

// n items chosen by seed, the same for every cell and spread over the categories; all of them if
// n is 0 or larger than there are. Order as in the suite.
std::vector<Item> ChooseItems(const std::vector<Item>& items, int n, uint64_t seed);

}  // namespace moebench
