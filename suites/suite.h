// A set of questions with their graders, and the prompts that speed is measured with.
//   Suite suite = LoadSuite("suites/demo");   // reads items.jsonl and speed.jsonl
// Plain data, hostile input: every line is checked, an error names file:line and field.
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
  // How a program grades the answer; the kinds are quality/grader.h's.
  std::string grader_kind;
  std::vector<std::string> expected;
  double tolerance = 0;
  std::string pattern;
  std::string hash;  // 16 hex digits over all of the above: the same item in two sweeps
};

struct SpeedPrompt {
  std::string id, prompt;
};

struct Suite {
  std::string path;
  std::vector<Item> items;
  std::vector<SpeedPrompt> speed;
  std::string hash;  // over all items and speed prompts
};

// Throws Error (kBadData).
Suite LoadSuite(const std::filesystem::path& folder);
std::vector<Item> ParseItems(const std::string& jsonl, const std::string& name);
std::vector<SpeedPrompt> ParseSpeedPrompts(const std::string& jsonl, const std::string& name);

// n items chosen by seed, the same for every cell and spread over the categories; all of them if
// n is 0 or larger than there are. Order as in the suite.
std::vector<Item> ChooseItems(const std::vector<Item>& items, int n, uint64_t seed);

}  // namespace moebench
