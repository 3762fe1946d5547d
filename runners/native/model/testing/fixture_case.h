// What llama.cpp computed, as make_fixtures.sh wrote it into testdata/.
//   for (const FixtureCase& c : ReadFixture("arch_olmoe.txt")) ...
#pragma once

#include <string>
#include <vector>

namespace moebench {

struct TokenValue {
  int token = 0;
  double value = 0;
};

struct FixtureCase {  // one number of experts
  struct Row {
    int position = 0;
    std::vector<TokenValue> logits;  // the two largest first
  };
  int k = 0;
  std::vector<int> tokens;         // of the prompt
  std::vector<Row> rows;           // by position; behind the prompt those of greedy tokens
  std::vector<TokenValue> greedy;  // chosen tokens and their lead over the second

  double Rms() const;  // of all logits in it
};

std::string FixtureText(const std::string& name);
std::vector<FixtureCase> ParseFixture(const std::string& text);

}  // namespace moebench
